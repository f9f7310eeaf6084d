/**
 * A simulated market: order flow with bursts, a book with resting walls, absorption, liquidation cascades, and one
 * planted relation. The mid price is a martingale but for that relation, so that nothing else predicts a return:
 *
 *     drift of the mid = strength · obi · ofd
 *
 * with obi the imbalance of the book's ten quoted levels and ofd the imbalance of the last 60 s of flow, both as
 * the columns of these names have them. Each is persistent, with mean 0 and independent of the other: a linear
 * model of the columns sees nothing, their product is the relation.
 */
import { Random } from './random.js';

export const planted = {
  formula: 'obi * ofd',
  words:
    'The price drifts by the product of the book imbalance and the order flow of the last 60 s: up when the ' +
    'heavier side of the book and the aggressors agree, down when they disagree. Neither predicts anything alone.',
} as const;

export interface MarketConfig {
  seed: number;
  hours: number;
  /** µs since the epoch, UTC; a whole second. */
  start: number;
  /** Ticks per minute of drift where obi · ofd is 1; 0 plants nothing. */
  strength: number;
}

export const marketDefaults = {
  start: 1_704_067_200_000_000,
  strength: 40,
} as const;

/** Canonical CSV rows (each with its newline), in the order of time. */
export interface Rows {
  trades: string;
  depth: string;
  liquidations: string;
}

/** Time goes in slots of 100 ms; at most one order in each. */
const slotUs = 100_000;
const slotsPerSecond = 10;
const slotsPerMinute = 600;
const windowSlots = 600;
/** Between two snapshots of the book. */
const snapshotSlots = 20;
const levels = 10;
/** Lots of an ordinary level, a tick below the touch. */
const levelLots = 4000;

/** Ticks of 0.01, lots of 0.001. */
const startTicks = 25_000;

/** Yields the rows minute by minute; flat memory. */
export function* simulateMarket(config: MarketConfig): Generator<Rows> {
  const market = new Market(config);
  const minutes = Math.round(config.hours * 60);
  for (let minute = 0; minute < minutes; minute++) {
    for (let i = 0; i < slotsPerMinute; i++) market.step(minute * slotsPerMinute + i);
    yield market.take();
  }
}

class Market {
  private readonly price: Random;
  private readonly book: Book;
  private readonly flow: Flow;
  private readonly cascades: Cascades;
  private mid = startTicks + 0.5;
  private rows: Rows = { trades: '', depth: '', liquidations: '' };
  private tradeId = 0;

  constructor(private readonly config: MarketConfig) {
    this.price = new Random(config.seed, 'price');
    this.book = new Book(config.seed);
    this.flow = new Flow(config.seed);
    this.cascades = new Cascades(config.seed);
  }

  /** One slot: the book is quoted, an order may come, the mid moves on. */
  step(slot: number): void {
    const begin = this.config.start + slot * slotUs;
    if (slot % snapshotSlots === 0) this.rows.depth += this.book.quote(begin, this.mid);
    const cascade = this.cascades.step(slot);
    if (cascade.jump !== 0) this.mid += cascade.jump;
    const order = this.flow.step(slot, cascade.push);
    if (order !== undefined) this.execute(begin, order, cascade.push);
    this.move();
  }

  take(): Rows {
    const rows = this.rows;
    this.rows = { trades: '', depth: '', liquidations: '' };
    return rows;
  }

  /** Prints the order level by level, and moves the mid by what was unexpected in it: a martingale. */
  private execute(begin: number, order: Order, push: number): void {
    const { side, prints, surprise, offsetUs } = order;
    const touch = Math.floor(this.mid) + (side > 0 ? 1 : 0);
    const ts = begin + offsetUs;
    for (const [i, lots] of prints.entries()) {
      const ticks = touch + side * i;
      this.tradeId++;
      this.rows.trades += `${ts},${this.tradeId},${ticks / 100},${lots / 1000},${side}\n`;
      if (push === side && i === 0) this.rows.liquidations += this.liquidation(ts, ticks, lots, side);
    }
    const absorbed = this.book.hasWallNear(this.mid, side) ? 0.15 : 1;
    this.mid += absorbed * 0.0035 * surprise;
  }

  private liquidation(ts: number, ticks: number, lots: number, side: number): string {
    return `${ts - 1000},${this.tradeId},${-side},${ticks / 100},${lots / 1000}\n`;
  }

  /** The planted drift and the noise, which grows with activity. */
  private move(): void {
    const drift = (this.config.strength / slotsPerMinute) * this.book.imbalance * this.flow.imbalance;
    const volatility = 0.42 + 0.38 * this.flow.activity;
    this.mid = Math.max(1000.5, this.mid + drift + volatility * this.price.bell());
  }
}

/** A mean-reverting latent of mean 0 and variance 1: x ← keep·x + noise. */
class Latent {
  private value: number;
  private readonly noise: number;

  constructor(
    private readonly random: Random,
    private readonly keep: number,
  ) {
    this.noise = Math.sqrt(1 - keep * keep);
    this.value = random.bell();
  }

  step(): number {
    this.value = this.keep * this.value + this.noise * this.random.bell();
    return this.value;
  }
}

/** −1 … 1, steep in the middle. */
function squash(x: number): number {
  return x / Math.sqrt(1 + x * x);
}

interface Wall {
  /** Its price, in ticks. */
  ticks: number;
  lots: number;
  snapshotsLeft: number;
}

/** The quoted book: a latent tilt between its sides, walls that stay at their price until they are reached. */
class Book {
  /** obi of the last snapshot. */
  imbalance = 0;
  private readonly random: Random;
  private readonly tilt: Latent;
  private readonly walls: Record<'bid' | 'ask', Wall | undefined> = { bid: undefined, ask: undefined };
  private seq = 0;

  constructor(seed: number) {
    this.random = new Random(seed, 'book');
    this.tilt = new Latent(new Random(seed, 'tilt'), 0.997);
  }

  quote(ts: number, mid: number): string {
    const lean = 0.75 * squash(1.6 * this.tilt.step());
    const bids = this.side('bid', Math.floor(mid), -1, 1 + lean);
    const asks = this.side('ask', Math.floor(mid) + 1, 1, 1 - lean);
    const [bid, ask] = [total(bids.lots), total(asks.lots)];
    this.imbalance = (bid - ask) / (bid + ask);
    this.seq++;
    const cells = [bids.ticks, bids.lots, asks.ticks, asks.lots];
    const texts = cells.map(
      (cell, i) => `"{${cell.map((value) => value / (i % 2 === 0 ? 100 : 1000)).join(',')}}"`,
    );
    // A snapshot is stamped a little after the state it shows; a millisecond is less than any slot's rest.
    return `${ts},${this.seq},${texts.join(',')}\n`;
  }

  /** Whether a resting wall stands in the way of an order of this side. */
  hasWallNear(mid: number, side: number): boolean {
    const wall = side > 0 ? this.walls.ask : this.walls.bid;
    return wall !== undefined && (wall.ticks - mid) * side < 8;
  }

  private side(name: 'bid' | 'ask', touch: number, away: number, weight: number) {
    this.turnOver(name, touch, away);
    const wall = this.walls[name];
    const ticks: number[] = [];
    const lots: number[] = [];
    for (let i = 0, at = touch; i < levels; i++, at += away * this.random.integer(1, 3)) {
      const size = Math.max(1, Math.floor(levelLots * weight * (0.6 + 0.8 * this.random.uniform())));
      const stands =
        wall !== undefined && i > 0 && (wall.ticks - at) * away >= 0 && (wall.ticks - at) * away < 2;
      ticks.push(at);
      lots.push(stands ? size + wall.lots : size);
    }
    return { ticks, lots };
  }

  /** Walls end when their time is over or the touch has come to them, and begin about two minutes after the last. */
  private turnOver(name: 'bid' | 'ask', touch: number, away: number): void {
    const wall = this.walls[name];
    if (wall !== undefined) {
      wall.snapshotsLeft--;
      if (wall.snapshotsLeft <= 0 || (wall.ticks - touch) * away <= 0) this.walls[name] = undefined;
    } else if (this.random.chance(1 / 60)) {
      this.walls[name] = {
        ticks: touch + away * this.random.integer(5, 16),
        lots: levelLots * this.random.integer(7, 14),
        snapshotsLeft: this.random.integer(20, 150),
      };
    }
  }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

interface Order {
  side: number;
  /** Lots at the touch and at the ticks behind it. */
  prints: number[];
  /** Signed lots beyond what the tilt of the flow let expect. */
  surprise: number;
  /** Within the slot. */
  offsetUs: number;
}

/** Orders that come in bursts (each makes the next more likely), with a slowly turning tilt of their side. */
class Flow {
  /** Trades per second over the usual rate; 1 is ordinary. */
  activity = 1;
  private readonly random: Random;
  private readonly tilt: Latent;
  private excitement = 0;
  private readonly window = new Int32Array(windowSlots * 2);
  private buys = 0;
  private sells = 0;

  constructor(seed: number) {
    this.random = new Random(seed, 'flow');
    this.tilt = new Latent(new Random(seed, 'side'), 0.9998);
  }

  /** ofd: (B − S)/(B + S) over the last 60 s. */
  get imbalance(): number {
    const volume = this.buys + this.sells;
    return volume === 0 ? 0 : (this.buys - this.sells) / volume;
  }

  /** `push` is the side of a cascade in progress, or 0. */
  step(slot: number, push: number): Order | undefined {
    const lean = push === 0 ? 0.85 * squash(this.tilt.step()) : 0.9 * push;
    this.excitement *= 0.97;
    const rate = 0.055 + this.excitement + (push === 0 ? 0 : 0.3);
    this.activity = 0.99 * this.activity + 0.01 * (rate / 0.12);
    const order = this.random.chance(rate) ? this.order(lean) : undefined;
    this.slide(slot, order);
    return order;
  }

  private order(lean: number): Order {
    const side = this.random.chance((1 + lean) / 2) ? 1 : -1;
    this.excitement = Math.min(0.6, this.excitement + 0.0165);
    const prints = [this.lots()];
    while (prints.length < 4 && this.random.chance(0.1)) prints.push(this.lots());
    const surprise = total(prints) * (side - lean);
    return { side, prints, surprise, offsetUs: this.random.integer(2000, slotUs - 1) };
  }

  /** Mostly small; one in four is of twice the size, one in sixteen of four times … */
  private lots(): number {
    let scale = 1;
    while (scale < 16 && this.random.chance(0.25)) scale *= 2;
    return scale * this.random.integer(10, 100);
  }

  private slide(slot: number, order: Order | undefined): void {
    const at = (slot % windowSlots) * 2;
    this.buys -= this.window[at]!;
    this.sells -= this.window[at + 1]!;
    const lots = order === undefined ? 0 : total(order.prints);
    this.window[at] = order?.side === 1 ? lots : 0;
    this.window[at + 1] = order?.side === -1 ? lots : 0;
    this.buys += this.window[at]!;
    this.sells += this.window[at + 1]!;
  }
}

/** Forced orders of one side for half a minute, after a jump; nothing follows from them for the price. */
class Cascades {
  private readonly random: Random;
  private push = 0;
  private slotsLeft = 0;

  constructor(seed: number) {
    this.random = new Random(seed, 'cascade');
  }

  step(slot: number): { push: number; jump: number } {
    if (this.slotsLeft > 0) {
      this.slotsLeft--;
      return { push: this.push, jump: 0 };
    }
    this.push = 0;
    const begins = slot % slotsPerSecond === 0 && this.random.chance(1 / 5400);
    if (!begins) return { push: 0, jump: 0 };
    this.push = this.random.chance(0.5) ? 1 : -1;
    this.slotsLeft = this.random.integer(100, 500);
    return { push: this.push, jump: this.push * this.random.integer(15, 40) };
  }
}
