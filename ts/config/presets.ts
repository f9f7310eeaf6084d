/**
 * The formats of raw files (indicators.md §3), each once: by which columns it is recognised, what they mean, where
 * the format comes from. What a table like this cannot say is no preset.
 *
 * A name stands for a column; `a|b` for the first of them that the file has; `a?` for one that it may lack.
 */
export interface Preset {
  /** The columns of the file in its order; a file has the format when it has all that may not be lacking. */
  readonly header: string;
  /** What the columns mean to the kernel's readers (`tick::trades`, `tick::depth`, `tick::liquidations`). */
  readonly means: Readonly<Record<string, string>>;
  /** What the texts of a meaning say; the case of letters does not count. */
  readonly words?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The column of the time of arrival, which `time_column=local` reads instead. */
  readonly local?: string;
  /** The column of symbols: a file may hold several. */
  readonly symbol?: string;
  /** Rows of other streams in the same file are told by a column. */
  readonly only?: Readonly<Record<string, readonly string[]>>;
  /** Stamps that must lie near one another. */
  readonly checks?: readonly string[];
  /** How a file of depth or of liquidations is laid out, where a row is not the thing itself. */
  readonly layout?: string;
  /** Of which symbols quantities are numbers of contracts: a quantity in base currency needs `qty_multiplier`. */
  readonly contracts?: RegExp;
  /** What a liquidation's side is the side of. */
  readonly liqSide?: 'order' | 'position';
  /** Only the symbol (COIN-M: `BTCUSD_PERP`) tells it from another format with the same columns. */
  readonly symbols?: RegExp;
  /** A file without header is told by which of its fields are truths: `.` a field, `b` true or false. */
  readonly bare?: string;
  /** Lines of JSON: what the first one has in it. */
  readonly line?: RegExp;
  /** Where the format is described, and what to know about it. */
  readonly source: string;
}

/** is_buyer_maker: the buyer was passive, so that the aggressor sold. */
const maker = { true: -1, false: 1, '1': -1, '0': 1 };
const taker = { buy: 1, sell: -1, unknown: 0, '': 0 };
const bidAsk = { bid: 1, ask: -1, b: 1, a: -1, buy: 1, sell: -1 };
const truth = { true: 1, false: 0, '1': 1, '0': 0, '': 0 };
const coinMargined = /USD_(PERP|\d{6})$/;
const okxContracts = /-(SWAP|\d{6})$/;

const trades = {
  binance_um_trades: {
    header: 'id,price,qty,quote_qty|quoteQty,time,is_buyer_maker|isBuyerMaker',
    means: {
      ts: 'time',
      trade_id: 'id',
      price: 'price',
      qty: 'qty',
      side: 'is_buyer_maker|isBuyerMaker',
    },
    words: { side: maker },
    bare: '.....b',
    source: 'binance-public-data; without header before about 2022-05 (#246)',
  },
  binance_cm_trades: {
    header: 'id,price,qty,base_qty|baseQty,time,is_buyer_maker|isBuyerMaker',
    means: {
      ts: 'time',
      trade_id: 'id',
      price: 'price',
      qty: 'qty',
      side: 'is_buyer_maker|isBuyerMaker',
    },
    words: { side: maker },
    contracts: /./,
    symbols: coinMargined,
    bare: '.....b',
    source: 'binance-public-data; qty in contracts (BTC 100 USD, others 10 USD)',
  },
  binance_um_aggTrades: {
    header: 'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker',
    means: {
      ts: 'transact_time',
      trade_id: 'agg_trade_id',
      price: 'price',
      qty: 'quantity',
      side: 'is_buyer_maker',
    },
    words: { side: maker },
    bare: '......b',
    source: 'binance-public-data (#339): rows of two regions of time may interleave',
  },
  binance_cm_aggTrades: {
    header: 'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker',
    means: {
      ts: 'transact_time',
      trade_id: 'agg_trade_id',
      price: 'price',
      qty: 'quantity',
      side: 'is_buyer_maker',
    },
    words: { side: maker },
    contracts: /./,
    symbols: coinMargined,
    bare: '......b',
    source: 'binance-public-data; quantity in contracts',
  },
  binance_spot_trades: {
    header: 'id,price,qty,quote_qty|quoteQty,time,is_buyer_maker|isBuyerMaker,is_best_match|isBestMatch',
    means: {
      ts: 'time',
      trade_id: 'id',
      price: 'price',
      qty: 'qty',
      side: 'is_buyer_maker|isBuyerMaker',
    },
    words: { side: maker },
    bare: '.....bb',
    source: 'binance-public-data; never a header; ms, from 2025-01-01 on µs',
  },
  binance_spot_aggTrades: {
    header:
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,is_best_match',
    means: {
      ts: 'transact_time',
      trade_id: 'agg_trade_id',
      price: 'price',
      qty: 'quantity',
      side: 'is_buyer_maker',
    },
    words: { side: maker },
    bare: '......bb',
    source: 'binance-public-data; never a header; ms, from 2025-01-01 on µs',
  },
  binance_ws_trades: {
    header: 'TimestampOfReceive,TransactionTime,Symbol,TradeId,Price,Quantity,IsBuyerMarketMaker',
    means: {
      ts: 'TransactionTime',
      trade_id: 'TradeId',
      price: 'Price',
      qty: 'Quantity',
      side: 'IsBuyerMarketMaker',
    },
    words: { side: maker },
    local: 'TimestampOfReceiveUS|TimestampOfReceive',
    symbol: 'Symbol',
    only: { StreamType: ['TRADE_STREAM'] },
    checks: ['TimestampOfReceiveUS', 'TimestampOfReceive'],
    source: 'Binance-Data-Processor: one stream, or all of them merged into sparse rows',
  },
  bybit_linear: {
    header:
      'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue?,homeNotional?,foreignNotional?',
    means: { ts: 'timestamp', trade_id: 'trdMatchID', price: 'price', qty: 'size', side: 'side' },
    words: { side: taker },
    symbol: 'symbol',
    source: 'hftbacktest bybithistmktdata.py; seconds with decimals; old files have the newest row first',
  },
  bybit_spot: {
    header: 'id,timestamp,price,volume,side,rpi?',
    means: { ts: 'timestamp', trade_id: 'id', price: 'price', qty: 'volume', side: 'side' },
    words: { side: taker },
    source: 'public.bybit.com/spot',
  },
  okx: {
    header: 'instrument_name,trade_id,side,price,size,created_time,source?',
    means: { ts: 'created_time', trade_id: 'trade_id', price: 'price', qty: 'size', side: 'side' },
    words: { side: taker },
    symbol: 'instrument_name',
    contracts: okxContracts,
    source: 'OKX historical data; days end at midnight of UTC+8; size of swaps and futures in contracts',
  },
  tardis_trades: {
    header: 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount',
    means: { ts: 'timestamp', trade_id: 'id', price: 'price', qty: 'amount', side: 'side' },
    words: { side: taker },
    local: 'local_timestamp',
    symbol: 'symbol',
    checks: ['local_timestamp'],
    source: 'docs.tardis.dev; hftbacktest tardis.py: for Binance the timestamp is that of sending',
  },
  cryptofeed_pg: {
    header: 'timestamp,receipt_timestamp,exchange,symbol,side,amount,price,trade_id,order_type?',
    means: { ts: 'timestamp', trade_id: 'trade_id', price: 'price', qty: 'amount', side: 'side' },
    words: { side: taker },
    local: 'receipt_timestamp',
    symbol: 'symbol',
    checks: ['receipt_timestamp'],
    source: 'cryptofeed examples/postgres_tables.sql: zeros may have become NULL',
  },
  hyperliquid: {
    header: 'time,user,coin,side,px,sz,crossed',
    means: { ts: 'time', price: 'px', qty: 'sz', side: 'side', taker: 'crossed' },
    words: { side: bidAsk, taker: { true: 1, false: -1 } },
    symbol: 'coin',
    source: 'Hyperliquid historical data: a row an account; one that did not cross was passive',
  },
  ccxt: {
    header: 'timestamp|ts|time,price,amount|size|qty|volume|quantity,side?',
    means: {
      ts: 'timestamp|ts|time',
      trade_id: 'id?|trade_id',
      price: 'price',
      qty: 'amount|size|qty|volume|quantity',
      side: 'side?',
    },
    words: { side: { ...taker, b: 1, s: -1, bid: 1, ask: -1, '1': 1, '-1': -1, '0': 0 } },
    symbol: 'symbol',
    source: 'ccxt and whatever looks like it',
  },
} as const satisfies Readonly<Record<string, Preset>>;

const deltas = {
  snap: 1,
  set: 0,
  snapshot: 1,
  delta: 0,
  update: 0,
  true: 1,
  false: 0,
  '1': 1,
  '0': 0,
  '': 0,
};

const depth = {
  tardis_book_snapshot: {
    header:
      'exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,bids[0].price,bids[0].amount',
    means: {
      ts: 'timestamp',
      'ask_px.*': 'asks[*].price',
      'ask_qty.*': 'asks[*].amount',
      'bid_px.*': 'bids[*].price',
      'bid_qty.*': 'bids[*].amount',
    },
    layout: 'wide',
    local: 'local_timestamp',
    symbol: 'symbol',
    checks: ['local_timestamp'],
    source: 'docs.tardis.dev, 5 and 25 levels; nautilus record.rs',
  },
  tardis_quotes: {
    header: 'exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount',
    means: {
      ts: 'timestamp',
      'ask_px.0': 'ask_price',
      'ask_qty.0': 'ask_amount',
      'bid_px.0': 'bid_price',
      'bid_qty.0': 'bid_amount',
    },
    layout: 'wide',
    local: 'local_timestamp',
    symbol: 'symbol',
    checks: ['local_timestamp'],
    source: 'docs.tardis.dev: best bid and ask',
  },
  tardis_incremental_book_L2: {
    header: 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount',
    means: { ts: 'timestamp', kind: 'is_snapshot', side: 'side', price: 'price', qty: 'amount' },
    words: { kind: truth, side: bidAsk },
    layout: 'incremental',
    local: 'local_timestamp',
    symbol: 'symbol',
    checks: ['local_timestamp'],
    source:
      'docs.tardis.dev: amounts are absolute, 0 takes a level away; rows before a snapshot build nothing',
  },
  binance_depth: {
    header: 'symbol,timestamp,trans_id?,first_update_id,last_update_id,side,update_type,price,qty',
    means: { ts: 'timestamp', kind: 'update_type', side: 'side', price: 'price', qty: 'qty' },
    words: { kind: deltas, side: bidAsk },
    layout: 'incremental',
    symbol: 'symbol',
    source: 'T_DEPTH and S_DEPTH; hftbacktest binancehistmktdata.py',
  },
  binance_bookDepth: {
    header: 'timestamp,percentage,depth,notional',
    means: { ts: 'timestamp', price: 'percentage', qty: 'depth' },
    layout: 'bands',
    source: 'binance-public-data: volume within bands of the mid, about every 30 s; no prices (#431)',
  },
  binance_bookTicker: {
    header:
      'update_id|symbol,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time?',
    means: {
      ts: 'transaction_time',
      'bid_px.0': 'best_bid_price',
      'bid_qty.0': 'best_bid_qty',
      'ask_px.0': 'best_ask_price',
      'ask_qty.0': 'best_ask_qty',
    },
    layout: 'wide',
    source: 'binance-public-data, until 2024-03-30: best bid and ask',
  },
  binance_ws_depth: {
    header:
      'TimestampOfReceive,TransactionTime,Symbol,FinalUpdateId,FinalUpdateIdInLastStream?,IsAsk,Price,Quantity',
    means: {
      ts: 'TransactionTime',
      message: 'TimestampOfReceiveUS?|TimestampOfReceive',
      kind: 'StreamType?',
      side: 'IsAsk',
      price: 'Price',
      qty: 'Quantity',
      update: 'FinalUpdateId',
      answered: 'LastUpdateId?',
      before: 'FinalUpdateIdInLastStream?',
      last: 'IsLast?',
    },
    words: {
      kind: { DIFFERENCE_DEPTH_STREAM: 0, FINAL_DEPTH_SNAPSHOT: 1, DEPTH_SNAPSHOT: 2 },
      side: { '1': -1, '0': 1 },
      last: truth,
    },
    layout: 'incremental',
    local: 'TimestampOfReceiveUS|TimestampOfReceive',
    symbol: 'Symbol',
    only: { StreamType: ['DIFFERENCE_DEPTH_STREAM', 'FINAL_DEPTH_SNAPSHOT', 'DEPTH_SNAPSHOT'] },
    checks: ['TimestampOfReceiveUS', 'TimestampOfReceive'],
    source: 'Binance-Data-Processor: one stream, or all of them merged into sparse rows',
  },
  okx_l2: {
    header: '',
    means: {},
    layout: 'messages',
    line: /"action"\s*:\s*"(snapshot|update)"/,
    symbol: 'instId',
    contracts: okxContracts,
    source: 'OKX historical order books: JSON lines of snapshots and updates; a size of 0 takes a level away',
  },
  bybit_ob500: {
    header: '',
    means: {},
    layout: 'messages',
    line: /"topic"\s*:\s*"orderbook/,
    symbol: 's',
    source: 'hftbacktest: JSON lines of snapshots and deltas',
  },
  cryptofeed_wide: {
    header: 'timestamp,bid_0_price,bid_0_size,ask_0_price,ask_0_size',
    means: {
      ts: 'timestamp',
      'bid_px.*': 'bid_*_price',
      'bid_qty.*': 'bid_*_size',
      'ask_px.*': 'ask_*_price',
      'ask_qty.*': 'ask_*_size',
    },
    layout: 'wide',
    local: 'receipt_timestamp',
    symbol: 'symbol',
    source: 'cryptofeed quest.py',
  },
  generic_json: {
    header: 'ts|timestamp|time,bids,asks',
    means: { ts: 'ts|timestamp|time', bids: 'bids', asks: 'asks' },
    layout: 'json',
    symbol: 'symbol',
    source: 'levels as [[price,size],…] or as objects, in JSON',
  },
  generic_long: {
    header: 'ts|timestamp|time,side,price,qty|size|amount',
    means: { ts: 'ts|timestamp|time', side: 'side', price: 'price', qty: 'qty|size|amount' },
    words: { side: bidAsk },
    layout: 'long',
    symbol: 'symbol',
    source: 'a row a level; rows of one ts are a snapshot',
  },
} as const satisfies Readonly<Record<string, Preset>>;

const liquidations = {
  binance_liquidationSnapshot: {
    header:
      'time,side,order_type,time_in_force,original_quantity,price,average_price,order_status,last_fill_quantity,accumulated_fill_quantity',
    means: {
      ts: 'time',
      pos: 'side',
      price: 'price',
      average: 'average_price',
      qty: 'accumulated_fill_quantity',
    },
    contracts: /./,
    source: 'binance-public-data, COIN-M only: every row twice, quantities in contracts',
  },
  binance_forceOrder: {
    header: '',
    means: {},
    layout: 'json',
    line: /"o"\s*:\s*\{/,
    symbol: 's',
    source: 'developers.binance.com: at most the latest liquidation of a symbol in a second',
  },
  bybit_allLiquidation: {
    header: 'T,s,S,v,p',
    means: { ts: 'T', pos: 'S', price: 'p', qty: 'v' },
    symbol: 's',
    liqSide: 'position',
    source: 'a CSV of the fields of bybit_allLiquidation messages; p is the price of bankruptcy',
  },
  bybit_allLiquidation_json: {
    header: '',
    means: {},
    layout: 'json',
    line: /"topic"\s*:\s*"(all)?liquidation/i,
    symbol: 's',
    liqSide: 'position',
    source: 'bybit-exchange.github.io: Buy says that a long was liquidated',
  },
  okx_liquidations: {
    header: '',
    means: { position: '' },
    layout: 'json',
    line: /"details"\s*:/,
    symbol: 'instId',
    contracts: okxContracts,
    source: 'OKX liquidation-orders: posSide before side; quantities in contracts',
  },
  tardis_liquidations: {
    header: 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount',
    means: { ts: 'timestamp', seq: 'id', pos: 'side', price: 'price', qty: 'amount' },
    local: 'local_timestamp',
    symbol: 'symbol',
    checks: ['local_timestamp'],
    source: 'docs.tardis.dev: the side is that of the order for every venue',
  },
  cryptofeed_pg: {
    header: 'timestamp,receipt_timestamp,exchange,symbol,side,quantity,price,trade_id,status',
    means: { ts: 'timestamp', seq: 'trade_id', pos: 'side', price: 'price', qty: 'quantity' },
    local: 'receipt_timestamp',
    symbol: 'symbol',
    checks: ['receipt_timestamp'],
    source: 'cryptofeed: sides as the venue has them, so that liq_side differs from venue to venue',
  },
  coinglass_bars: {
    header: 'timestamp,longUsd,shortUsd,totalUsd?',
    means: { ts: 'timestamp', long: 'longUsd', short: 'shortUsd' },
    layout: 'bars',
    source: 'Coinglass: notional of a bar, known when the bar is over',
  },
} as const satisfies Readonly<Record<string, Preset>>;

export const presetTable: Readonly<
  Record<'trades' | 'depth' | 'liquidations', Readonly<Record<string, Preset>>>
> = { trades, depth, liquidations };
