/** One market in the words of every exchange: what a canonical row says, written as each format says it. */
import { type Market, seeded } from './market.js';

export interface Trade {
  ts: bigint;
  id: string;
  price: string;
  qty: string;
  side: 1 | -1;
}
export interface Book {
  ts: bigint;
  bids: [string, string][];
  asks: [string, string][];
}
export interface Liquidation {
  ts: bigint;
  /** 1: a long was liquidated. */
  pos: 1 | -1;
  price: string;
  qty: string;
}
export interface Events {
  trades: Trade[];
  books: Book[];
  liquidations: Liquidation[];
}

/** Some minutes of trades, books and liquidations at whole milliseconds, from a seed. */
export function randomEvents(seed: number, rows: number): Events {
  const next = seeded(seed);
  const pick = (n: number) => Math.floor(next() * n);
  const events: Events = { trades: [], books: [], liquidations: [] };
  let [ms, ticks] = [1_700_000_000_000, 30_000];
  for (let i = 0; i < rows; i++) {
    ms += next() < 0.3 ? 0 : pick(1500);
    ticks += pick(7) - 3;
    const [ts, price] = [BigInt(ms) * 1000n, (ticks / 10).toFixed(1)];
    const sign = () => (next() < 0.5 ? 1 : -1) as 1 | -1;
    events.trades.push({ ts, id: String(i + 1), price, qty: String((1 + pick(5000)) / 1000), side: sign() });
    if (next() < 0.3) events.books.push(randomBook(BigInt(ms - pick(400)) * 1000n, ticks, pick));
    if (next() < 0.05) events.liquidations.push({ ts, pos: sign(), price, qty: String(1 + i) });
  }
  events.books.sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
  // Of one ts a level-by-level feed has one book: the last.
  events.books = events.books.filter((book, i, all) => book.ts !== all[i + 1]?.ts);
  return events;
}

function randomBook(ts: bigint, ticks: number, pick: (n: number) => number): Book {
  const side = (sign: number): [string, string][] =>
    Array.from({ length: 1 + pick(12) }, (_, i) => [
      ((ticks + sign * (1 + 2 * i + pick(2))) / 10).toFixed(1),
      ((pick(20) === 0 ? 300 : 1 + pick(30)) / 10).toFixed(1),
    ]);
  return { ts, bids: side(-1), asks: side(1) };
}

const lines = (...rows: string[]) => `${rows.join('\n')}\n`;
const array = (numbers: string[]) => `"{${numbers.join(',')}}"`;

/** The events in the canonical schema. */
export function canonical({ trades, books, liquidations }: Events, ids = true): Market {
  const side = (levels: [string, string][]) => [
    array(levels.map(([p]) => p)),
    array(levels.map(([, q]) => q)),
  ];
  return {
    trades: lines(
      'ts,trade_id,price,qty,side',
      ...trades.map((t) => [t.ts, ids ? t.id : '', t.price, t.qty, t.side].join(',')),
    ),
    depth: lines(
      'ts,seq,bid_px,bid_qty,ask_px,ask_qty',
      ...books.map((b, i) => [b.ts, i, ...side(b.bids), ...side(b.asks)].join(',')),
    ),
    liquidations: lines(
      'ts,seq,pos,price,qty',
      ...liquidations.map((l, i) => [l.ts, i, l.pos, l.price, l.qty].join(',')),
    ),
  };
}

const ms = (ts: bigint) => ts / 1000n;
const seconds = (ts: bigint) => `${ts / 1_000_000n}.${String(ts % 1_000_000n).padStart(6, '0')}`;
const text = (ts: bigint) => new Date(Number(ms(ts))).toISOString().replace('T', ' ').replace('Z', '');
const maker = (side: 1 | -1) => (side === 1 ? 'false' : 'true');
const taker = (side: 1 | -1) => (side === 1 ? 'buy' : 'sell');
const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** The trades of a symbol in a format: the name of a file that holds them, and its text. */
type Written = [file: string, content: string];
export const tradeFormats: Readonly<Record<string, (trades: Trade[]) => Written>> = {
  binance_um_trades: (trades) => [
    'TEST-trades-2023-11.csv',
    lines(
      'id,price,qty,quote_qty,time,is_buyer_maker',
      ...trades.map((t) => [t.id, t.price, t.qty, '1.5', ms(t.ts), maker(t.side)].join(',')),
    ),
  ],
  'binance_um_trades without header': (trades) => [
    'TEST-trades-2021-11.csv',
    lines(...trades.map((t) => [t.id, t.price, t.qty, '1.5', ms(t.ts), maker(t.side)].join(','))),
  ],
  binance_cm_trades: (trades) => [
    'TESTUSD_PERP-trades-2023-11.csv',
    lines(
      'id,price,qty,base_qty,time,is_buyer_maker',
      ...trades.map((t) => [t.id, t.price, t.qty, '1.5', ms(t.ts), maker(t.side)].join(',')),
    ),
  ],
  binance_um_aggTrades: (trades) => [
    'TEST-aggTrades-2023-11.csv',
    lines(
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker',
      ...trades.map((t) => [t.id, t.price, t.qty, t.id, t.id, ms(t.ts), maker(t.side)].join(',')),
    ),
  ],
  'binance_um_aggTrades without header, CRLF': (trades) => [
    'TEST-aggTrades-2021-11.csv',
    trades.map((t) => [t.id, t.price, t.qty, t.id, t.id, ms(t.ts), maker(t.side)].join(',')).join('\r\n'),
  ],
  binance_cm_aggTrades: (trades) => [
    'TESTUSD_PERP-aggTrades-2023-11.csv',
    lines(
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker',
      ...trades.map((t) => [t.id, t.price, t.qty, t.id, t.id, ms(t.ts), maker(t.side)].join(',')),
    ),
  ],
  binance_spot_trades: (trades) => [
    'TEST-trades-2023-11.csv',
    lines(
      ...trades.map((t) => [t.id, t.price, t.qty, '1', ms(t.ts), capital(maker(t.side)), 'True'].join(',')),
    ),
  ],
  'binance_spot_aggTrades, half of it in µs': (trades) => [
    'TEST-aggTrades-2024-12.csv',
    lines(
      ...trades.map((t, i) =>
        [
          ...[t.id, t.price, t.qty, t.id, t.id, i < trades.length / 2 ? ms(t.ts) : t.ts],
          ...[capital(maker(t.side)), 'True'],
        ].join(','),
      ),
    ),
  ],
  binance_ws_trades: (trades) => [
    'stream.csv',
    lines(
      '# a comment',
      '#',
      'TimestampOfReceive,Stream,EventType,EventTime,TransactionTime,Symbol,TradeId,Price,Quantity,IsBuyerMarketMaker,X',
      ...trades.map((t) =>
        [
          ...[ms(t.ts) + 5n, 'test@trade', 'trade', ms(t.ts), ms(t.ts), 'TEST', t.id],
          ...[t.price, t.qty, t.side === 1 ? 0 : 1, 'MARKET'],
        ].join(','),
      ),
    ),
  ],
  bybit_linear: (trades) => [
    'TEST2023-11-14.csv',
    lines(
      'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional',
      // Old files have the newest row first.
      ...trades
        .map((t) =>
          [seconds(t.ts), 'TEST', capital(taker(t.side)), t.qty, t.price, 'PlusTick', t.id, 1, 1, 1].join(
            ',',
          ),
        )
        .reverse(),
    ),
  ],
  bybit_spot: (trades) => [
    'TEST_2023-11-14.csv',
    lines(
      'id,timestamp,price,volume,side',
      ...trades.map((t) => [t.id, ms(t.ts), t.price, t.qty, taker(t.side)].join(',')),
    ),
  ],
  okx: (trades) => [
    'TEST-SWAP-trades-2023-11-14.csv',
    lines(
      'instrument_name,trade_id,side,price,size,created_time',
      ...trades.map((t) =>
        ['TEST', t.id, taker(t.side), Number(t.price).toExponential(), t.qty, ms(t.ts)].join(','),
      ),
    ),
  ],
  tardis_trades: (trades) => [
    'binance-futures_trades_2023-11-14_TEST.csv',
    lines(
      'exchange,symbol,timestamp,local_timestamp,id,side,price,amount',
      ...trades.map((t) =>
        ['binance', 'TEST', t.ts, t.ts + 7n, t.id, taker(t.side), t.price, t.qty].join(','),
      ),
    ),
  ],
  cryptofeed_pg: (trades) => [
    'trades.csv',
    lines(
      'timestamp,receipt_timestamp,exchange,symbol,side,amount,price,trade_id,order_type',
      ...trades.map((t) =>
        [text(t.ts), `${text(t.ts)}+00`, 'X', 'TEST', taker(t.side), t.qty, t.price, t.id, ''].join(','),
      ),
    ),
  ],
  'ccxt with semicolons and quotes': (trades) => [
    'TEST_trades.csv',
    lines(
      '"timestamp";"id";"side";"price";"amount"',
      ...trades.map((t) => [ms(t.ts), t.id, `"${taker(t.side)}"`, t.price, t.qty].join(';')),
    ),
  ],
};

/** Formats that have no ids. */
export const idlessFormats: typeof tradeFormats = {
  hyperliquid: (trades) => [
    'fills.csv',
    lines(
      'time,user,coin,side,px,sz,crossed',
      ...trades.map((t, i) => {
        // Every other row is the account that was passive.
        const crossed = i % 2 === 0;
        const side = (t.side === 1) === crossed ? 'Bid' : 'Ask';
        return [`${text(t.ts).replace(' ', 'T')}Z`, '0xabc', 'TEST', side, t.price, t.qty, crossed].join(',');
      }),
    ),
  ],
  'ccxt in nanoseconds': (trades) => [
    'TEST_trades.csv',
    lines(
      'time,price,size,side',
      ...trades.map((t) => [`${t.ts}000`, t.price, t.qty, taker(t.side)].join(',')),
    ),
  ],
};

/** The levels that differ from one book to the next; all of the first one as a snapshot. */
function changes(
  books: Book[],
): { ts: bigint; whole: boolean; bids: [string, string][]; asks: [string, string][] }[] {
  const diff = (before: [string, string][], now: [string, string][]): [string, string][] => [
    ...before.filter(([p]) => !now.some(([q]) => q === p)).map(([p]): [string, string] => [p, '0']),
    ...now.filter(([p, q]) => !before.some(([bp, bq]) => bp === p && bq === q)),
  ];
  return books.map(({ ts, bids, asks }, i) => {
    // A snapshot again now and then, as after a reconnection.
    if (i % 50 === 0) return { ts, whole: true, bids, asks };
    const before = books[i - 1]!;
    return { ts, whole: false, bids: diff(before.bids, bids), asks: diff(before.asks, asks) };
  });
}

const wide = (levels: [string, string][], nth: number) => levels[nth] ?? ['', ''];
const twelve = Array.from({ length: 12 }, (_, i) => i);

export const depthFormats: Readonly<Record<string, (books: Book[]) => Written>> = {
  tardis_book_snapshot: (books) => [
    'binance_book_snapshot_25_2023-11-14_TEST.csv',
    lines(
      `exchange,symbol,timestamp,local_timestamp,${twelve.map((i) => `asks[${i}].price,asks[${i}].amount,bids[${i}].price,bids[${i}].amount`)}`,
      ...books.map((b) =>
        [
          'x',
          'TEST',
          b.ts,
          b.ts + 3n,
          ...twelve.flatMap((i) => [...wide(b.asks, i), ...wide(b.bids, i)]),
        ].join(','),
      ),
    ),
  ],
  cryptofeed_wide: (books) => [
    'TEST_depth.csv',
    lines(
      `timestamp,${twelve.map((i) => `bid_${i}_price,bid_${i}_size,ask_${i}_price,ask_${i}_size`)}`,
      ...books.map((b) =>
        [text(b.ts), ...twelve.flatMap((i) => [...wide(b.bids, i), ...wide(b.asks, i)])].join(','),
      ),
    ),
  ],
  tardis_incremental_book_L2: (books) => [
    'deribit_incremental_book_L2_2023-11-14_TEST.csv',
    lines(
      'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount',
      `x,TEST,${books[0]!.ts - 9n},${books[0]!.ts},false,bid,1,1`,
      ...changes(books).flatMap(({ ts, whole, bids, asks }) => [
        ...bids.map(([p, q]) => `x,TEST,${ts},${ts + 9n},${whole},bid,${p},${q}`),
        ...asks.map(([p, q]) => `x,TEST,${ts},${ts + 9n},${whole},ask,${p},${q}`),
      ]),
    ),
  ],
  binance_depth: (books) => [
    'TEST_T_DEPTH_2023-11-14.csv',
    lines(
      'symbol,timestamp,trans_id,first_update_id,last_update_id,side,update_type,price,qty',
      ...changes(books).flatMap(({ ts, whole, bids, asks }, i) => {
        const row =
          (side: string) =>
          ([p, q]: [string, string]) =>
            ['TEST', ms(ts), i, 1, 2, side, whole ? 'snap' : 'set', p, q].join(',');
        return [...bids.map(row('b')), ...asks.map(row('a'))];
      }),
    ),
  ],
  okx_l2: (books) => [
    'TEST-L2orderbook-400lv-2023-11-14.data',
    lines(
      ...changes(books).map(({ ts, whole, bids, asks }) => {
        const levels = (side: [string, string][]) => side.map(([p, q]) => [p, q === '0' ? '0.0' : q, '1']);
        const action = whole ? 'snapshot' : 'update';
        return JSON.stringify({
          instId: 'TEST',
          action,
          ts: String(ms(ts)),
          asks: levels(asks),
          bids: levels(bids),
        });
      }),
    ),
  ],
  bybit_ob500: (books) => [
    '2023-11-14_TEST_ob500.data',
    lines(
      ...changes(books).map(({ ts, whole, bids, asks }) =>
        JSON.stringify({
          topic: 'orderbook.500.TEST',
          type: whole ? 'snapshot' : 'delta',
          ts: Number(ms(ts)),
          data: { s: 'TEST', b: bids, a: asks, u: 1, seq: 2 },
        }),
      ),
    ),
  ],
  generic_json: (books) => [
    'TEST_depth.csv',
    lines(
      'ts,bids,asks',
      ...books.map((b) => {
        const quoted = (levels: [string, string][]) => `"${JSON.stringify(levels).replaceAll('"', '""')}"`;
        return [ms(b.ts), quoted(b.bids), quoted(b.asks)].join(',');
      }),
    ),
  ],
  'generic_json of objects': (books) => [
    'TEST_depth.csv',
    lines(
      'timestamp;bids;asks',
      ...books.map((b) => {
        const objects = (levels: [string, string][]) =>
          `[${levels.map(([p, q]) => `{'price':${p},'size':${q}}`)}]`.replaceAll("'", '""');
        return `${seconds(b.ts)};"${objects(b.bids)}";"${objects(b.asks)}"`;
      }),
    ),
  ],
  generic_long: (books) => [
    'TEST_depth.csv',
    lines(
      'ts,side,price,qty',
      ...books.flatMap((b) => [
        ...b.bids.map(([p, q]) => `${b.ts},bid,${p},${q}`),
        ...b.asks.map(([p, q]) => `${b.ts},ask,${p},${q}`),
      ]),
    ),
  ],
};

/** Formats of the best level alone. */
export const touchFormats: typeof depthFormats = {
  binance_bookTicker: (books) => [
    'TEST-bookTicker-2023-11-14.csv',
    lines(
      'update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time',
      ...books.map((b, i) => [i, ...b.bids[0]!, ...b.asks[0]!, ms(b.ts), ms(b.ts)].join(',')),
    ),
  ],
  tardis_quotes: (books) => [
    'x_quotes_2023-11-14_TEST.csv',
    lines(
      'exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount',
      ...books.map((b) =>
        ['x', 'TEST', b.ts, b.ts, b.asks[0]![1], b.asks[0]![0], b.bids[0]![0], b.bids[0]![1]].join(','),
      ),
    ),
  ],
};

/** The order that closed a long sold. */
const order = (pos: 1 | -1) => (pos === 1 ? 'sell' : 'buy');
const upper = (word: string) => word.toUpperCase();

export const liquidationFormats: Readonly<Record<string, (all: Liquidation[]) => Written>> = {
  'binance_liquidationSnapshot, every row twice': (all) => [
    'TEST-liquidationSnapshot-2023-11-14.csv',
    lines(
      'time,side,order_type,time_in_force,original_quantity,price,average_price,order_status,last_fill_quantity,accumulated_fill_quantity',
      ...all.flatMap((l) => {
        const row = [
          ms(l.ts),
          upper(order(l.pos)),
          'LIMIT',
          'IOC',
          99,
          '1.5',
          l.price,
          'FILLED',
          0,
          l.qty,
        ].join(',');
        return [row, row];
      }),
    ),
  ],
  binance_forceOrder: (all) => [
    'TEST_forceOrder.jsonl',
    lines(
      '{"result":null,"id":1,"o":{}}',
      ...all.map((l) => {
        const o = {
          s: 'TEST',
          S: upper(order(l.pos)),
          o: 'LIMIT',
          q: '99',
          p: '1.5',
          ap: l.price,
          X: 'FILLED',
          l: '1',
          z: l.qty,
          T: Number(ms(l.ts)),
        };
        return JSON.stringify({ e: 'forceOrder', E: 1, o });
      }),
    ),
  ],
  bybit_allLiquidation: (all) => [
    'TEST_liquidations.csv',
    // Bybit says the side of the position: Buy, a long was liquidated.
    lines(
      'T,s,S,v,p',
      ...all.map((l) => [ms(l.ts), 'TEST', l.pos === 1 ? 'Buy' : 'Sell', l.qty, l.price].join(',')),
    ),
  ],
  bybit_allLiquidation_json: (all) => [
    'TEST_liquidation.jsonl',
    lines(
      ...all.map((l) => {
        const row = { T: Number(ms(l.ts)), s: 'TEST', S: l.pos === 1 ? 'Buy' : 'Sell', v: l.qty, p: l.price };
        return JSON.stringify({ topic: 'allLiquidation.TEST', type: 'snapshot', ts: 1, data: [row] });
      }),
    ),
  ],
  okx_liquidations: (all) => [
    'TEST_liquidation-orders.json',
    lines(
      ...all.map((l) => {
        // The position's side counts before the order's, which is wrong here.
        const posSide = l.pos === 1 ? 'long' : 'short';
        const details = [{ side: taker(l.pos), posSide, bkPx: l.price, sz: l.qty, ts: String(ms(l.ts)) }];
        return JSON.stringify({
          arg: { channel: 'liquidation-orders' },
          data: [{ instId: 'TEST', details }],
        });
      }),
    ),
  ],
  tardis_liquidations: (all) => [
    'x_liquidations_2023-11-14_TEST.csv',
    lines(
      'exchange,symbol,timestamp,local_timestamp,id,side,price,amount',
      ...all.map((l, i) => ['x', 'TEST', l.ts, l.ts, i, order(l.pos), l.price, l.qty].join(',')),
    ),
  ],
  cryptofeed_pg: (all) => [
    'TEST_liquidations.csv',
    lines(
      'timestamp,receipt_timestamp,exchange,symbol,side,quantity,price,trade_id,status',
      ...all.map((l, i) =>
        [text(l.ts), text(l.ts), 'x', 'TEST', order(l.pos), l.qty, l.price, `t${i}`, 'filled'].join(','),
      ),
    ),
  ],
};
