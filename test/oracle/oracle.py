#!/usr/bin/env python3
"""Independent oracle for the indicator specification 1.2: one CSV row a trade, every column of its section 2,
null = empty cell. It shares nothing with the kernels and is slow on purpose.

usage: oracle.py INPUT_DIR OUT.csv [--params P.json] [--counters C.json] [--symbol S]
                 [--feature-set core|extended] [--naive] [--on-bad-row fail|skip] [--until TS_US]
--naive   recompute window and decayed sums from their definitions at every row (O(n^2)); must agree with the default.
--until   ignore rows of every file with ts >= TS_US *after* tick/lot inference (for cutting one day out of a file).
Standard library only.  Prices and sizes are exact decimals (any rounding of a Decimal raises), volumes are integers.
"""
import csv, gzip, json, math, os, re, sys, time
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow, setcontext
from fractions import Fraction as Fr

import extended

setcontext(Context(prec=400, Emax=10**6, Emin=-10**6, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow, Underflow]))
csv.field_size_limit(10**9)
LN2 = math.log(2.0)
MIN, DAY = 60_000_000, 86_400_000_000

COLS = ("ts trade_id price qty side bar_ts bar_close ema9 ema21 vwap rsi7 bb_mid bb_up bb_low ofd ofd_ratio cvd absorption "
        "cpi cpi_ret cpi_flow cpi_liq cpi_gate bid ask obi obi1 wall_bid_bps wall_ask_bps wall_bid_mult wall_ask_mult "
        "depth_span_bps depth_age_ms fpi fpi_skew cascade_activity cascade_exhaustion cascade_fade_rate liq_intensity "
        "ema9_dist ema21_dist ema_cross vwap_dist bb_pos bb_width rsi7_c").split()

DEFAULTS = dict(
    tick_size=None, lot_size=None, side_fallback="lee_ready", depth_latency_us=0, liq_latency_us=0, max_depth_age_ms=60000,
    W_s=60, require_full_window=True, gap_reset_min=60, volume_unit="base", empty_bar="flat",
    ema_fast_n=9, ema_slow_n=21, rsi_n=7, bb_n=20, bb_k=2,
    vwap_anchor="utc_day", vwap_anchor_offset_min=0, vwap_source="trades", ofd_ratio_clamp=100,
    absorb_half_life_s=1800, absorb_min_weight=20, cpi_sigma_half_life_s=1800, cpi_sigma_min_seconds=300,
    cpi_w_ret=Decimal("0.5"), cpi_w_flow=Decimal("0.2"), cpi_w_liq=Decimal("0.3"),
    cpi_liq_half_life_s=60, cpi_liq_floor=Decimal("0.01"), cpi_gate_fast_s=15, cpi_gate_slow_s=1800, cpi_gate_full_ratio=4,
    obi_levels=10, obi_mode="levels", wall_range_bps=100, wall_k=5, wall_min_buckets=5, wall_bucket_ticks="auto", wall_min_persist=1,
    footprint_bucket_ticks="auto", footprint_ratio=3, footprint_vmin=0,
    cascade_fast_s=10, cascade_slow_s=60, cascade_min_share=Decimal("0.005"), cascade_min_notional=None, liq_dedup="exact",
    **extended.DEFAULTS)


class BadRow(Exception):
    pass


# ---------------------------------------------------------------------------------------------- reading
_NUM = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_INT = re.compile(r"[+-]?\d+\Z")
_memo = {}


def dec(s):
    """exact decimal of a text; memoised, since book prices repeat"""
    v = _memo.get(s)
    if v is None:
        if not _NUM.match(s):
            raise BadRow(f"expected a number, got {s!r}")
        v = Decimal(s)
        if len(_memo) < 2_000_000:
            _memo[s] = v
    return v


def int_(s):
    if not _INT.match(s):
        raise BadRow(f"expected an integer, got {s!r}")
    return int(s)


def decimals(v):
    """0.1: digits after the point, exponent expanded, trailing zeros removed"""
    if v == 0:
        return 0
    sign, digits, e = v.as_tuple()
    while digits[-1] == 0:
        digits = digits[:-1]
        e += 1
    return max(0, -e)


def find(folder, symbol, stream):
    for ext in (".csv", ".csv.gz"):
        p = os.path.join(folder, f"{symbol}_{stream}{ext}")
        if os.path.exists(p):
            return p
    return None


def rows_of(path, header):
    op = gzip.open if path.endswith(".gz") else open
    with op(path, "rt", encoding="utf-8-sig", newline="") as f:
        rd = csv.reader(f)
        first = next(rd, None)
        if first is None:
            return
        if first != header:
            raise SystemExit(f"{path}: header {first} is not {header}")
        for r in rd:
            if r:
                yield rd.line_num, r


def array(s):
    s = s.strip()
    if s == "":                       # PostgreSQL writes a NULL array as an empty cell
        return []
    if s[0] != "{" or s[-1] != "}":
        raise BadRow(f"expected an array, got {s[:40]!r}")
    s = s[1:-1]
    if s == "":
        return []
    out = []
    for x in s.split(","):
        x = x.strip().strip('"')
        out.append(None if x.upper() == "NULL" else dec(x))
    return out


# ---------------------------------------------------------------------------------------------- decayed sums
class Stream:
    """0.5 (4): (S, t_last)"""
    def __init__(self, H):
        self.H = float(H) * 1e6
        self.S, self.t = 0.0, None

    def add(self, t, x):
        if self.t is not None:
            self.S = self.S * 2.0 ** (-(t - self.t) / self.H)
        self.S += x
        self.t = t
        if self.S < 1e-300:
            self.S = 0.0

    def read(self, t):
        return 0.0 if self.t is None else self.S * 2.0 ** (-(t - self.t) / self.H)


class Brute:
    """the definition: sum over all events of x * 2^(-(t-u)/H)"""
    def __init__(self, H):
        self.H = float(H) * 1e6
        self.ev = []

    def add(self, t, x):
        self.ev.append((t, x))

    def read(self, t):
        H = self.H
        return math.fsum(x * 2.0 ** (-(t - u) / H) for u, x in self.ev if t - u < 1070 * H)


# ---------------------------------------------------------------------------------------------- books
class Book:
    """one snapshot reduced: exact decimals; nothing here depends on the row that looks at it"""
    def __init__(self, raw, C):
        ts, bp, bq, ap, aq = raw
        self.ts = ts
        self.bids = self.side(bp, bq, True)
        self.asks = self.side(ap, aq, False)
        self.two = bool(self.bids) and bool(self.asks)
        self.ok = self.two and self.bids[0][0] < self.asks[0][0]
        self.crossed = self.two and not self.ok
        if not self.ok:
            return
        b, a = self.bids[0][0], self.asks[0][0]
        self.sum2 = b + a                                    # twice the mid
        self.bid, self.ask = float(Fr(b)), float(Fr(a))
        # obi
        n = min(C.obi_n, len(self.bids), len(self.asks))
        if C.band is None:
            B, A = self.bids[:n], self.asks[:n]
        else:                                                # |p-mid|/mid <= x %
            near = lambda p: abs(2 * p - self.sum2) * 100 <= C.band * self.sum2
            B = [l for l in self.bids if near(l[0])]
            A = [l for l in self.asks if near(l[0])]
        self.obi = ratio_diff(sum((q for _, q in B), Decimal(0)), sum((q for _, q in A), Decimal(0)))
        self.obi1 = ratio_diff(self.bids[0][1], self.asks[0][1])
        lo = min(self.sum2 - 2 * self.bids[-1][0], 2 * self.asks[-1][0] - self.sum2)
        self.span = float(Fr(lo) * 10000 / Fr(self.sum2))
        self.walls = (self.side_walls(self.bids, C), self.side_walls(self.asks, C))

    @staticmethod
    def side(px, qty, desc):
        lv = {}
        for p, q in zip(px, qty):
            if p is None or q is None or p <= 0:
                continue
            lv[p] = q                                        # Decimal('100.10') and Decimal('100.1') are one key
        return sorted(((p, q) for p, q in lv.items() if q > 0), reverse=desc)

    def side_walls(self, levels, C):
        """None if fewer than wall_min_buckets in range; else (m, [(bucket, price, size) that pass, nearest first])"""
        buckets = {}
        for p, q in levels:                                  # nearest the mid first
            k = int(p // C.wall_step)
            if k in buckets:
                buckets[k][1] += q
            else:
                buckets[k] = [p, q]
        touch = int(levels[0][0] // C.wall_step)
        rng = [(k, p, q) for k, (p, q) in buckets.items() if abs(2 * p - self.sum2) * 10000 <= C.wall_range * self.sum2]
        if len(rng) < C.wall_min_buckets:
            return None
        s = sorted(q for _, _, q in rng)
        n = len(s)
        m2 = 2 * s[n // 2] if n % 2 else s[n // 2 - 1] + s[n // 2]       # twice the median
        rng.sort(key=lambda x: abs(2 * x[1] - self.sum2))
        return m2, [(k, p, q) for k, p, q in rng if k != touch and 2 * q >= C.wall_k * m2]


def ratio_diff(b, a):
    return None if b + a == 0 else float(Fr(b - a) / Fr(b + a))


class Cfg:
    pass


# ---------------------------------------------------------------------------------------------- engine
def load_params(path):
    P = dict(DEFAULTS)
    if path:
        with open(path) as f:
            j = json.load(f, parse_float=Decimal)
        for k, v in j.items():
            if k not in DEFAULTS:
                raise SystemExit(f"unknown parameter {k}")
            P[k] = v
    return P


def num(x):
    """exact number of a parameter given as JSON number or text"""
    return x if isinstance(x, (int, Decimal)) else Decimal(str(x))


def auto_g(px):
    k = 0
    while True:
        for m in (1, 2, 5):
            g = m * 10 ** k
            if g * 20000 >= px:
                return g
        k += 1


def run(folder, symbol, P, naive=False, skip_bad=False, until=None, feature_set="core"):
    Decay = Brute if naive else Stream
    cnt = Counter(bad_rows=0)

    def bad(path, line, e):
        if skip_bad:
            cnt["bad_rows"] += 1
        else:
            sys.stderr.write(f"{path}:{line}: {e}\n")
            raise SystemExit(3)

    # ---- trades: parse
    tp = find(folder, symbol, "trades")
    raw = []
    for line, r in rows_of(tp, ["ts", "trade_id", "price", "qty", "side"]):
        try:
            if len(r) != 5:
                raise BadRow(f"expected 5 fields, got {len(r)}")
            s = int_(r[4]) if r[4] != "" else 0
            if s not in (-1, 0, 1):
                raise BadRow(f"side {r[4]!r}")
            raw.append((int_(r[0]), r[1], dec(r[2]), dec(r[3]), s))
        except BadRow as e:
            bad(tp, line, e)
    tick = num(P["tick_size"]) if P["tick_size"] is not None else Decimal(1).scaleb(-max([decimals(r[2]) for r in raw], default=0))
    lot = num(P["lot_size"]) if P["lot_size"] is not None else Decimal(1).scaleb(-max([decimals(r[3]) for r in raw], default=0))
    tickF, lotF = Fr(tick), Fr(lot)
    if until is not None:
        raw = [r for r in raw if r[0] < until]
    cnt["trades_in"] = len(raw)

    # ---- ids
    def is_int_id(x):
        return bool(_INT.match(x)) and -2**63 <= int(x) < 2**63
    all_int = all(is_int_id(r[1]) for r in raw)
    cnt["missing_ids"] = sum(r[1] == "" for r in raw)
    cnt["ids_not_integer"] = sum(r[1] != "" and not is_int_id(r[1]) for r in raw)

    # ---- drop
    def steps(v, step):
        x = Fr(v) / step
        n = math.floor(x + Fr(1, 2))
        return n if abs(x - n) <= Fr(1, 10**6) and n > 0 else None
    memo = {}
    T = []
    for src, (ts, tid, p, q, s) in enumerate(raw):
        if p <= 0 or q <= 0:
            cnt["dropped_nonpositive"] += 1
            continue
        n = memo.get((0, p), 0)
        if n == 0:
            n = memo[0, p] = steps(p, tickF)
        m = memo.get((1, q), 0)
        if m == 0:
            m = memo[1, q] = steps(q, lotF)
        if n is None or m is None:
            cnt["dropped_off_grid"] += 1
            continue
        T.append((ts, int(tid) if all_int else None, src, tid, n, m, s))
    # ---- sort
    before = [t[2] for t in T]
    T.sort(key=(lambda t: (t[0], t[1], t[2])) if all_int else (lambda t: (t[0], t[2])))
    cnt["unsorted"] = int(before != [t[2] for t in T])
    # ---- dedup
    seen, U = set(), []
    for t in T:
        if t[3] != "":
            key = int(t[3]) if is_int_id(t[3]) else t[3]
            if key in seen:
                cnt["dup"] += 1
                continue
            seen.add(key)
        U.append(t)
    T = U
    cnt["unknown_side"] = sum(t[6] == 0 for t in T)

    # ---- depth
    dp = find(folder, symbol, "depth")
    D = []
    if dp:
        for line, r in rows_of(dp, ["ts", "seq", "bid_px", "bid_qty", "ask_px", "ask_qty"]):
            try:
                if len(r) != 6:
                    raise BadRow(f"expected 6 fields, got {len(r)}")
                ts = int_(r[0])
                if until is not None and ts >= until:
                    continue
                cnt["depth_in"] += 1
                a = [array(x) for x in r[2:]]
            except BadRow as e:
                bad(dp, line, e)
                continue
            if len(a[0]) != len(a[1]) or len(a[2]) != len(a[3]):
                cnt["depth_malformed"] += 1
                continue
            D.append((ts, *a))
        D.sort(key=lambda d: d[0])                                        # stable
        n = len(D)
        D = [d for i, d in enumerate(D) if i + 1 == len(D) or D[i + 1][0] != d[0]]   # the last of one ts
        cnt["depth_superseded"] = n - len(D)
    cnt["depth_snapshots"] = len(D)
    dts = [d[0] for d in D]

    # ---- liquidations
    lp = find(folder, symbol, "liquidations")
    L = []
    if lp:
        seen = set()
        for line, r in rows_of(lp, ["ts", "seq", "pos", "price", "qty"]):
            try:
                if len(r) != 5:
                    raise BadRow(f"expected 5 fields, got {len(r)}")
                row = (int_(r[0]), r[1], int_(r[2]), dec(r[3]), dec(r[4]))
                if row[2] not in (-1, 1):
                    raise BadRow(f"pos {r[2]!r}")
            except BadRow as e:
                bad(lp, line, e)
                continue
            if until is not None and row[0] >= until:
                continue
            cnt["liq_in"] += 1
            if row[3] <= 0 or row[4] <= 0:
                cnt["liq_dropped"] += 1
                continue
            if P["liq_dedup"] == "exact":
                if row in seen:
                    cnt["liq_dup"] += 1
                    continue
                seen.add(row)
            L.append((row[0], row[2], float(Fr(row[3]) * Fr(row[4]))))
        L.sort(key=lambda x: x[0])

    # ---- side fallback
    lat_d, lat_l = int(num(P["depth_latency_us"])), int(num(P["liq_latency_us"]))
    max_age = Fr(num(P["max_depth_age_ms"])) * 1000
    C = Cfg()
    C.obi_n = int(num(P["obi_levels"]))
    C.band = Decimal(P["obi_mode"][5:].rstrip("%")) if P["obi_mode"].startswith("band:") else None
    C.wall_range, C.wall_k = Decimal(num(P["wall_range_bps"])), Decimal(num(P["wall_k"]))
    C.wall_min_buckets = int(num(P["wall_min_buckets"]))
    persist = int(num(P["wall_min_persist"]))

    fb = P["side_fallback"]
    if fb == "drop":
        cnt["dropped_unknown_side"] = sum(t[6] == 0 for t in T)
        T = [t for t in T if t[6] != 0]
    cnt["trades_out"] = len(T)
    counters = lambda: dict(cnt, tick=format(tick, "f"), lot=format(lot, "f"))
    if not T:
        return [], counters(), {}
    g = auto_g(T[0][4]) if P["footprint_bucket_ticks"] == "auto" else int(num(P["footprint_bucket_ticks"]))
    cnt["g"] = g
    w = g if P["wall_bucket_ticks"] == "auto" else int(num(P["wall_bucket_ticks"]))
    C.wall_step = tick * w

    books = {}

    def book(j):
        b = books.get(j)
        if b is None:
            b = books[j] = Book(D[j], C)
            if b.crossed:
                cnt["crossed_seen"] += 1
        return b

    def asof(t):
        """index of the newest snapshot with ts + latency < t; -1 if none"""
        return bisect_left(dts, t - lat_d) - 1

    def valid(j, t):
        return j >= 0 and book(j).ok and t - dts[j] <= max_age

    n = len(T)
    ts = [t[0] for t in T]
    px = [t[4] for t in T]
    qt = [t[5] for t in T]
    side = [t[6] for t in T]
    last_dir = 0
    for i in range(n):
        if i and px[i] != px[i - 1]:
            last_dir = 1 if px[i] > px[i - 1] else -1
        if side[i] == 0:
            if fb == "tick":
                side[i] = last_dir
            elif fb == "lee_ready":
                s, j = 0, asof(ts[i])
                if valid(j, ts[i]):
                    x, y = 2 * px[i] * tick, book(j).sum2
                    s = (x > y) - (x < y)
                side[i] = s if s else last_dir
    if fb != "drop":
        cnt["sides_replaced"] = sum(1 for i in range(n) if T[i][6] == 0 and side[i] != 0)

    # ---- features
    quote = P["volume_unit"] == "quote"
    vol = [px[i] * qt[i] if quote else qt[i] for i in range(n)]
    unit = tickF * lotF if quote else lotF
    pf_ = {}

    def price(k):
        v = pf_.get(k)
        if v is None:
            v = pf_[k] = float(k * tickF)
        return v
    notional = [float(px[i] * qt[i] * tickF * lotF) for i in range(n)]
    # prefix sums of integers: a window sum is an exact difference
    PB, PS = [0], [0]
    for i in range(n):
        PB.append(PB[-1] + (vol[i] if side[i] > 0 else 0))
        PS.append(PS[-1] + (vol[i] if side[i] < 0 else 0))

    Wus = Fr(num(P["W_s"])) * 1_000_000
    W_s = float(num(P["W_s"]))
    Wint = Wus.numerator if Wus.denominator == 1 else Wus
    full_req = bool(P["require_full_window"])
    gap_min = num(P["gap_reset_min"])
    clampC = num(P["ofd_ratio_clamp"])
    skip_empty = P["empty_bar"] == "skip"
    nf, ns, nr, nb = (int(num(P[k])) for k in ("ema_fast_n", "ema_slow_n", "rsi_n", "bb_n"))
    bbk = float(num(P["bb_k"]))
    anchor = P["vwap_anchor"]
    roll = int(anchor.split(":")[1]) if anchor.startswith("rolling:") else None
    offset = int(num(P["vwap_anchor_offset_min"]) * MIN)
    hlc3 = P["vwap_source"] == "hlc3"
    minw = float(num(P["absorb_min_weight"]))
    Hs = float(num(P["cpi_sigma_half_life_s"]))
    min_sec = num(P["cpi_sigma_min_seconds"])
    wts = [float(num(P[k])) for k in ("cpi_w_ret", "cpi_w_flow", "cpi_w_liq")]
    floor_ = float(num(P["cpi_liq_floor"]))
    GF, GS = float(num(P["cpi_gate_fast_s"])), float(num(P["cpi_gate_slow_s"]))
    ln_full = math.log(float(num(P["cpi_gate_full_ratio"])))
    rho = Fr(num(P["footprint_ratio"]))
    rho_n, rho_d = rho.numerator, rho.denominator
    vmin = num(P["footprint_vmin"])
    CF, CS = float(num(P["cascade_fast_s"])), float(num(P["cascade_slow_s"]))
    tau_f, tau_s = CF / LN2, CS / LN2
    share = float(num(P["cascade_min_share"]))
    min_not = None if P["cascade_min_notional"] is None else float(num(P["cascade_min_notional"]))
    HL = float(num(P["cpi_liq_half_life_s"]))

    ab_num, ab_den = Decay(num(P["absorb_half_life_s"])), Decay(num(P["absorb_half_life_s"]))
    Llong, Lshort, Vliq = Decay(HL), Decay(HL), Decay(HL)
    lamF, lamS, Vs = Decay(CF), Decay(CS), Decay(CS)
    li = 0
    pairs = {}
    ev_front = 0
    day, cvd = None, 0
    d_sig = 2.0 ** (-1.0 / Hs)

    # segment state
    seg0 = None                  # index of the first row of the segment
    out = []
    stats = Counter()

    def pair_of(i):
        b = px[i] // g
        return b - 1 if side[i] > 0 else b

    def put(i, sign):
        if side[i] == 0:
            return
        k = pair_of(i)
        e = pairs.setdefault(k, [0, 0])
        e[0 if side[i] > 0 else 1] += sign * vol[i]
        if e == [0, 0]:
            del pairs[k]

    # ------------------------------------------------------------------ bars of a segment
    class Bars:
        def __init__(self):
            self.bars = []           # closed: (k, o, h, l, c, v, pq) in ticks and lots
            self.cur = None
            self.emaf = self.emas = self.G = self.Lo = None
            self.vals = None

        def trade(self, k, p, q):
            if self.cur is not None and k > self.cur[0]:
                self.close(self.cur)
                c = self.cur[4]
                if not skip_empty:
                    for kk in range(self.cur[0] + 1, k):
                        self.close([kk, c, c, c, c, 0, 0])
                self.cur = None
                self.vals = self.compute()
            if self.cur is None:
                self.cur = [k, p, p, p, p, 0, 0]
            b = self.cur
            b[2], b[3], b[4] = max(b[2], p), min(b[3], p), p
            b[5] += q
            b[6] += p * q

        def close(self, b):
            B = self.bars
            B.append(tuple(b))
            c, m = price(b[4]), len(B)
            for name, k in (("emaf", nf), ("emas", ns)):
                e = getattr(self, name)
                if e is not None:
                    setattr(self, name, e + 2.0 / (k + 1) * (c - e))
                elif m == k:
                    setattr(self, name, float(sum(x[4] for x in B) * tickF / k))
            if m == nr + 1:
                ds = [B[j][4] - B[j - 1][4] for j in range(1, m)]
                self.G = sum(max(x, 0) for x in ds) / nr
                self.Lo = sum(max(-x, 0) for x in ds) / nr
            elif m > nr + 1:
                x = B[-1][4] - B[-2][4]
                self.G = (self.G * (nr - 1) + max(x, 0)) / nr
                self.Lo = (self.Lo * (nr - 1) + max(-x, 0)) / nr

        def compute(self):
            B = self.bars
            r = dict(bar_ts=B[-1][0] * MIN, bar_close=price(B[-1][4]), ema9=self.emaf, ema21=self.emas)
            if roll is not None:
                S = B[-roll:]
            elif anchor == "none":
                S = B
            else:
                sid = (B[-1][0] * MIN - offset) // DAY
                j = len(B)
                while j > 0 and (B[j - 1][0] * MIN - offset) // DAY == sid:
                    j -= 1
                S = B[j:]
            v = sum(b[5] for b in S)
            if v:
                if hlc3:
                    r["vwap"] = float(Fr(sum((b[2] + b[3] + b[4]) * b[5] for b in S), 3 * v) * tickF)
                else:
                    r["vwap"] = float(Fr(sum(b[6] for b in S), v) * tickF)
            if self.G is not None:
                r["rsi7"] = 50.0 if self.G + self.Lo == 0 else 100.0 * self.G / (self.G + self.Lo)
            if len(B) >= nb:
                x = [b[4] for b in B[-nb:]]
                s1, s2 = sum(x), sum(y * y for y in x)
                rad = nb * s2 - s1 * s1
                mid = float(Fr(s1, nb) * tickF)
                # sigma = tick*sqrt(rad)/n; isqrt of a scaled integer: no f64 overflow or loss for any size
                sig = 0.0 if rad == 0 else float(Fr(math.isqrt(rad << 128), nb << 64) * tickF)
                r["bb_mid"], r["_sig"] = mid, sig
                r["bb_up"], r["bb_low"] = mid + bbk * sig, mid - bbk * sig
            return r

    for i in range(n):
        t = ts[i]
        k_i = t // MIN
        row = dict.fromkeys(COLS)
        # ---- segment
        reset = False
        if i:
            hole = k_i - ts[i - 1] // MIN - 1
            if hole > 0:
                cnt["gaps"] += 1
            reset = hole > gap_min
        if i == 0 or reset:
            cnt["resets"] += int(reset)
            seg0, t0 = i, t
            bars = Bars()
            gateF, gateS = Decay(GF), Decay(GS)
            sec0 = t // 1_000_000
            sec_cur, sec_px, ref_px = sec0, None, None
            n2, n2_last = 0.0, sec0
            sec_r = []                       # (second, r) of completed seconds with trades, for --naive
        full = t - t0 >= Wus
        show = full or not full_req

        p = price(px[i])
        row.update(ts=t, trade_id=T[i][1], price=p, qty=float(qt[i] * lotF), side=side[i])

        # ---- A
        bars.trade(k_i, px[i], qt[i])
        if bars.vals:
            a = bars.vals
            sig = a.get("_sig")
            row.update({k: v for k, v in a.items() if k != "_sig"})
            e9, e21, vw = a.get("ema9"), a.get("ema21"), a.get("vwap")
            if e9 is not None:
                row["ema9_dist"] = (p - e9) / p
            if e21 is not None:
                row["ema21_dist"] = (p - e21) / p
            if e9 is not None and e21 is not None:
                row["ema_cross"] = (e9 - e21) / p
            if vw is not None:
                row["vwap_dist"] = (p - vw) / p
            if sig is not None:
                if sig != 0:
                    row["bb_pos"] = (p - a["bb_mid"]) / (bbk * sig)
                row["bb_width"] = 2 * bbk * sig / a["bb_mid"]
            if a.get("rsi7") is not None:
                row["rsi7_c"] = a["rsi7"] / 50.0 - 1.0

        # ---- B1 window (t-W, t], indices front..i
        lo = bisect_right(ts, t - Wint, 0, i + 1)
        B, S = PB[i + 1] - PB[lo], PS[i + 1] - PS[lo]
        if naive:
            assert B == sum(vol[j] for j in range(i + 1) if ts[j] > t - Wus and side[j] > 0)
            assert S == sum(vol[j] for j in range(i + 1) if ts[j] > t - Wus and side[j] < 0)
        ofd = None
        if show and B + S > 0:
            ofd = (B - S) / (B + S)
            row["ofd"] = ofd
            row["ofd_ratio"] = float(clampC) if S == 0 else float(min(max(Fr(B, S), 1 / Fr(clampC)), Fr(clampC)))
        if t // DAY != day:
            day, cvd = t // DAY, 0
        cvd += side[i] * vol[i]
        row["cvd"] = float(cvd * unit)

        # ---- B2
        Dl = B - S
        sg = (Dl > 0) - (Dl < 0)
        imp = max(0, sg * (px[i] - px[lo]))
        rawv = abs(Dl) / (1.0 + imp / g) if imp else float(abs(Dl))
        an, ad = ab_num.read(t), ab_den.read(t)
        if show and not (ad < minw or an == 0):
            if Dl == 0:
                row["absorption"] = 0.0
            else:
                x = rawv / (an / ad)
                row["absorption"] = -sg * x / (1.0 + x)
        ab_num.add(t, rawv)
        ab_den.add(t, 1.0)

        # ---- B3 sigma
        s_i = t // 1_000_000
        if s_i > sec_cur:                                    # second sec_cur is complete
            if sec_cur == sec0:
                ref_px = sec_px
            else:
                r = math.log1p((sec_px - ref_px) / ref_px)
                n2 = n2 * d_sig ** (sec_cur - n2_last) + r * r
                n2_last = sec_cur
                sec_r.append((sec_cur, r))
                ref_px = sec_px
            sec_cur = s_i
        sec_px = px[i]
        nsig = s_i - 1 - sec0
        cret = None
        if full and nsig >= min_sec and nsig >= 1:
            Slast = s_i - 1
            if naive:
                rr = dict(sec_r)
                num_ = math.fsum(d_sig ** (Slast - s) * rr[s] ** 2 for s in rr)
                den_ = math.fsum(d_sig ** (Slast - s) for s in range(sec0 + 1, Slast + 1))
                sg1 = math.sqrt(num_ / den_)
            else:
                dn = math.expm1(-nsig * LN2 / Hs) / math.expm1(-LN2 / Hs)
                sg1 = math.sqrt(n2 * d_sig ** (Slast - n2_last) / dn)
            jref = bisect_right(ts, t - Wint, 0, i + 1) - 1     # last trade with ts <= t-W
            if sg1 == 0:
                cret = 0.0
            else:
                z = math.log1p((px[i] - px[jref]) / px[jref]) / (sg1 * math.sqrt(W_s))
                cret = math.tanh(z / 2)

        # ---- liquidations visible: ts + latency < t
        while li < len(L) and L[li][0] + lat_l < t:
            u, pos, x = L[li]
            (Llong if pos > 0 else Lshort).add(u, x)
            lamF.add(u, x)
            lamS.add(u, x)
            li += 1
        Vliq.add(t, notional[i])
        Vs.add(t, notional[i])
        cliq = None
        if lp:
            ll, lsh = Llong.read(t), Lshort.read(t)
            cliq = (lsh - ll) / (lsh + ll + floor_ * Vliq.read(t))
        # ---- gate
        gateF.add(t, notional[i])
        gateS.add(t, notional[i])
        if t == t0:
            gate = 0.0
        else:
            dt = (t - t0) / 1e6
            vf = gateF.read(t) * LN2 / GF / -math.expm1(-LN2 * dt / GF)
            vs = gateS.read(t) * LN2 / GS / -math.expm1(-LN2 * dt / GS)
            gate = min(1.0, max(0.0, math.log(vf / vs) / ln_full))
        row["cpi_ret"], row["cpi_flow"], row["cpi_liq"], row["cpi_gate"] = cret, ofd, cliq, gate
        if cret is not None:
            parts = [(w_, c) for w_, c in zip(wts, (cret, ofd, cliq)) if c is not None]
            row["cpi"] = (0.5 + 0.5 * gate) * sum(w_ * c for w_, c in parts) / sum(w_ for w_, _ in parts)

        # ---- B4, B5
        j = asof(t)
        if j >= 0:
            row["depth_age_ms"] = (t - dts[j]) // 1000
            if valid(j, t):
                b = book(j)
                row.update(bid=b.bid, ask=b.ask, obi=b.obi, obi1=b.obi1, depth_span_bps=b.span)
                for sd, name in ((0, "bid"), (1, "ask")):
                    W_ = b.walls[sd]
                    if W_ is None:
                        continue
                    m2, passing = W_
                    hist = range(j - persist + 1, j)
                    if persist > 1:
                        if j - persist + 1 < 0 or any(not book(h).ok or book(h).walls[sd] is None for h in hist):
                            passing = []
                        else:
                            sets = [{x[0] for x in book(h).walls[sd][1]} for h in hist]
                            passing = [x for x in passing if all(x[0] in q_ for q_ in sets)]
                    if passing:
                        _, wp, wq = passing[0]
                        row[f"wall_{name}_bps"] = float(abs(2 * Fr(wp) - Fr(b.sum2)) * 10000 / Fr(b.sum2))
                        row[f"wall_{name}_mult"] = float(2 * Fr(wq) / Fr(m2))
                        stats["wall"] += 1
                    else:
                        row[f"wall_{name}_mult"] = 0.0
            else:
                cnt["rows_book_invalid"] += 1
                if book(j).ok:
                    cnt["rows_stale"] += 1

        # ---- B6
        put(i, +1)
        while ev_front < lo:
            put(ev_front, -1)
            ev_front += 1
        if naive:
            Q = {}
            for h in range(i + 1):
                if ts[h] > t - Wus and side[h] != 0:
                    e = Q.setdefault(pair_of(h), [0, 0])
                    e[0 if side[h] > 0 else 1] += vol[h]
            assert Q == pairs
        if show and pairs:
            V = Vu = Vd = nu = nd = 0
            for a_, b_ in pairs.values():
                V += a_ + b_
                if a_ > 0 and a_ * rho_d >= rho_n * b_ and a_ >= vmin:
                    nu += 1
                    Vu += a_
                if b_ > 0 and b_ * rho_d >= rho_n * a_ and b_ >= vmin:
                    nd += 1
                    Vd += b_
            assert V == B + S
            fpi = (Vu - Vd) / V
            row["fpi"] = fpi
            row["fpi_skew"] = float((Fr(nu - nd, len(pairs)) - Fr(Vu - Vd, V)) / 2)

        # ---- B7
        if lp:
            f_, s_ = lamF.read(t) * LN2 / CF, lamS.read(t) * LN2 / CS
            if s_ == 0:
                act = ex = fade = 0.0
            else:
                thr = (share * Vs.read(t) if min_not is None else min_not) * LN2 / CS
                act = min(1.0, s_ / thr) if thr > 0 else 1.0
                ex = act * (s_ - f_) / (s_ + f_)
                R = s_ / f_ if f_ > 0 else math.inf
                if math.isinf(R * tau_s):                    # the limit: R itself may still be finite
                    gam = 1 / tau_s
                else:
                    den_ = R * tau_s - tau_f
                    gam = (R - 1) / den_ if den_ > 1e-12 else -1 / tau_f
                    gam = max(-1 / tau_f, min(1 / tau_s, gam))
                fade = act * gam
            row.update(cascade_activity=act, cascade_exhaustion=ex, cascade_fade_rate=fade, liq_intensity=f_)
        out.append(row)
        if naive or len(books) > 5000:
            for h in [h for h in books if h < j - persist]:
                del books[h]
    if feature_set == "extended":
        M = Cfg()
        M.P, M.num, M.n, M.ts, M.px, M.qt, M.vol, M.side, M.price = P, num, n, ts, px, qt, vol, side, price
        M.tick, M.lot, M.g, M.dts, M.book, M.asof, M.valid = tickF, lotF, g, dts, book, asof, valid
        M.L, M.has_liq, M.lat_l, M.Decay, M.notional, M.levels, M.gap_min = L, bool(lp), lat_l, Decay, notional, C.obi_n, gap_min
        for row, more in zip(out, extended.columns(M)):
            row.update(more)
    return out, counters(), dict(stats)


def cell(v):
    if v is None:
        return ""
    if isinstance(v, float):
        if not math.isfinite(v):
            return ""
        return repr(v + 0.0) if v else "0.0"
    return str(v)


def main():
    import argparse
    a = argparse.ArgumentParser()
    a.add_argument("input")
    a.add_argument("out")
    a.add_argument("--params")
    a.add_argument("--counters")
    a.add_argument("--symbol")
    a.add_argument("--naive", action="store_true")
    a.add_argument("--feature-set", default="core", choices=("core", "extended"))
    a.add_argument("--on-bad-row", default="fail", choices=("fail", "skip"))
    a.add_argument("--until", type=int)
    o = a.parse_args()
    sym = o.symbol
    if sym is None:
        c = sorted({re.sub(r"_trades\.csv(\.gz)?\Z", "", f) for f in os.listdir(o.input) if re.search(r"_trades\.csv(\.gz)?\Z", f)})
        if len(c) != 1:
            raise SystemExit(f"symbols in {o.input}: {c}")
        sym = c[0]
    t = time.time()
    rows, cnt, _ = run(o.input, sym, load_params(o.params), o.naive, o.on_bad_row == "skip", o.until, o.feature_set)
    cols = COLS + (extended.COLS if o.feature_set == "extended" else [])
    with open(o.out, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(cols)
        for r in rows:
            w.writerow([cell(r[c]) for c in cols])
    with open(o.counters or re.sub(r"\.csv\Z", "", o.out) + ".counters.json", "w") as f:
        json.dump(cnt, f, indent=1, sort_keys=True)
        f.write("\n")
    print(f"{o.out}: {len(rows)} rows in {time.time() - t:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
