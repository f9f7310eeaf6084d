"""The extended feature set by brute force, written from the formulas of docs/features.md: every row looks at all of
its window anew.  Imported by oracle.py, which reads the files and hands over what it has read.  Standard library only."""
import math
from bisect import bisect_right
from fractions import Fraction as Fr

LN2 = math.log(2.0)
SEC, MIN, DAY = 1_000_000, 60_000_000, 86_400_000_000

COLS = ("spread_bps micro_price micro_bps vamp_bps wdp_bps depth_imb_5bps depth_imb_10bps depth_imb_25bps depth_imb_50bps "
        "obi_z ofi ofi_norm mlofi mlofi_1 mlofi_2 mlofi_3 mlofi_4 mlofi_5 mlofi_6 mlofi_7 mlofi_8 mlofi_9 mlofi_10 "
        "eff_spread_bps vpin sign_acf sign_run sweep fpi_stack large_share large_ofd trade_rate trade_rate_rel duration_ms "
        "duration_rel kyle_lambda kyle_bps amihud amihud_bps roll_spread roll_bps rv_bps bv_bps jump_ratio semivar_imb "
        "liq_imb liq_share liq_age_ms liq_recency tod_sin tod_cos").split()

DEFAULTS = dict(vpin_buckets=50, vpin_bucket_volume="auto", vpin_buckets_per_day=50, estimate_window_s=300, estimate_min_n=20,
                amihud_n=20, obi_z_window_s=1800, large_trade_k=10, large_half_life_s=1800, rate_half_life_s=1800)


def share(b, a):
    return None if a + b == 0 else float(Fr(b - a) / Fr(b + a))


def root(x):
    """square root of a Fraction, to double precision whatever its size"""
    x = Fr(x)
    if x <= 0:
        return 0.0
    k = 0
    while (x.numerator << (2 * k)) // x.denominator < 1 << 120:
        k += 32
    return float(Fr(math.isqrt((x.numerator << (2 * k)) // x.denominator), 1 << k))


def static(b, levels):
    """what a valid book says by itself"""
    mid = Fr(b.sum2) / 2
    (pb, qb), (pa, qa) = [(Fr(p), Fr(q)) for p, q in (b.bids[0], b.asks[0])]
    micro = (pa * qb + pb * qa) / (qa + qb)
    n = min(levels, len(b.bids), len(b.asks))
    B, A = [[(Fr(p), Fr(q)) for p, q in side[:n]] for side in (b.bids, b.asks)]
    QB, QA = sum(q for _, q in B), sum(q for _, q in A)
    PB, PA = sum(p * q for p, q in B) / QB, sum(p * q for p, q in A) / QA
    bps = lambda x: float(10000 * (x - mid) / mid)
    row = dict(spread_bps=float(10000 * (pa - pb) / mid), micro_price=float(micro), micro_bps=bps(micro),
               vamp_bps=bps((PB * QA + PA * QB) / (QA + QB)), wdp_bps=bps((PB * QB + PA * QA) / (QB + QA)))
    for x in (5, 10, 25, 50):
        near = lambda side: sum((q for p, q in side if abs(2 * p - b.sum2) * 10000 <= x * b.sum2), 0)
        row[f"depth_imb_{x}bps"] = share(near(b.bids), near(b.asks))
    return row


def level_event(old, new, m):
    """Cont-Kukanov-Stoikov at level m; a side that lacks the level in either book adds nothing"""
    e = 0
    if len(old.bids) > m and len(new.bids) > m:
        (p0, q0), (p, q) = old.bids[m], new.bids[m]
        e += (q if p >= p0 else 0) - (q0 if p <= p0 else 0)
    if len(old.asks) > m and len(new.asks) > m:
        (p0, q0), (p, q) = old.asks[m], new.asks[m]
        e += -(q if p <= p0 else 0) + (q0 if p >= p0 else 0)
    return e


def vpin_column(M):
    """bucket by bucket; a bucket's size is fixed by the trade that opens it"""
    P, n = M.P, int(M.num(M.P["vpin_buckets"]))
    fixed = None
    if P["vpin_bucket_volume"] != "auto":
        fixed = max(1, math.ceil(Fr(M.num(P["vpin_bucket_volume"])) / M.lot))
    per_day = int(M.num(P["vpin_buckets_per_day"]))
    t_first = M.ts[0]

    def size(i):
        if fixed is not None:
            return fixed
        day = M.ts[i] // DAY
        days = [M.ts[j] // DAY for j in range(i)]
        earlier = [d for d in days if d < day]
        if earlier:
            d = max(earlier)
            seen = DAY if d > t_first // DAY else (d + 1) * DAY - t_first
        else:
            d, seen = day, M.ts[i] - t_first
            if seen < 600 * SEC:
                return None
        V = sum(M.qt[j] for j in range(i) if days[j] == d)
        return max(1, math.ceil(Fr(V * DAY, seen) / per_day))

    full, bucket, out = [], None, []
    for i in range(M.n):
        rest = M.qt[i]
        new = None
        while rest:
            if bucket is None:
                if new is None:
                    new = size(i)
                if new is None:
                    break
                k = rest // new
                if k > n:                                    # only the last n of equal one-sided buckets matter
                    rest -= (k - n) * new
                bucket = [new, 0, 0]
            x = min(rest, bucket[0] - bucket[1])
            bucket[1] += x
            bucket[2] += x * M.side[i]
            rest -= x
            if bucket[1] == bucket[0]:
                full.append((abs(bucket[2]), bucket[0]))
                bucket = None
        full = full[-n:]
        out.append(None if len(full) < n else float(Fr(sum(a for a, _ in full), sum(v for _, v in full))))
    return out


def longest_stack(M, idx):
    P, pairs = M.P, {}
    rho, vmin = Fr(M.num(P["footprint_ratio"])), M.num(P["footprint_vmin"])
    for j in idx:
        if M.side[j]:
            b = M.px[j] // M.g
            k = b - 1 if M.side[j] > 0 else b
            e = pairs.setdefault(k, [0, 0])
            e[0 if M.side[j] > 0 else 1] += M.vol[j]
    if not pairs:
        return None
    best = []
    for x, y in ((0, 1), (1, 0)):
        hit = {k for k, e in pairs.items() if e[x] > 0 and e[x] >= rho * e[y] and e[x] >= vmin}
        run = 0
        for k in hit:
            if k - 1 not in hit:
                m = 1
                while k + m in hit:
                    m += 1
                run = max(run, m)
        best.append(run if run >= 3 else 0)
    up, down = best
    return float(up if up > down else -down if down > up else 0)


def deviations(x):
    """n times the deviations of integers from their mean: integers again"""
    n, total = len(x), sum(x)
    return [n * v - total for v in x]


def autocorrelation(s):
    d = deviations(s)
    below = sum(x * x for x in d)
    return float(Fr(sum(a * b for a, b in zip(d, d[1:])), below)) if below else None


def slope(xy):
    """least squares with intercept: slope, and slope times the standard deviation of x"""
    n, dx, dy = len(xy), deviations([x for x, _ in xy]), deviations([y for _, y in xy])
    sxx = sum(x * x for x in dx)
    if sxx == 0:
        return None
    s = Fr(sum(x * y for x, y in zip(dx, dy)), sxx)
    return s, float(s) * root(Fr(sxx, n ** 3))


def covariance(pairs):
    n, dx, dy = len(pairs), deviations([x for x, _ in pairs]), deviations([y for _, y in pairs])
    return Fr(sum(x * y for x, y in zip(dx, dy)), n ** 3)


def columns(M):
    """a list of dicts, one a row.  M: P, num, ts, px, qt, vol, side (after the fallback), price(k), tick, lot (Fractions), g,
    dts, book(j), asof(t), valid(j, t), L [(ts, pos, notional)], has_liq, lat_l, Decay, notional, levels (obi_levels), gap_min"""
    P, num, ts, px, qt, side = M.P, M.num, M.ts, M.px, M.qt, M.side
    W = Fr(num(P["W_s"])) * SEC
    E, N = int(num(P["estimate_window_s"])) * SEC, int(num(P["estimate_window_s"]))
    min_n, amihud_n = int(num(P["estimate_min_n"])), int(num(P["amihud_n"]))
    Wz = int(num(P["obi_z_window_s"])) * SEC
    req = bool(P["require_full_window"])
    age_limit = Fr(num(P["max_depth_age_ms"])) * 1000
    HL, Hl, Hr = (float(num(P[k])) for k in ("cpi_liq_half_life_s", "large_half_life_s", "rate_half_life_s"))
    k_large = float(num(P["large_trade_k"]))
    vpin = vpin_column(M)
    sizes, counts = M.Decay(Hl), M.Decay(Hl)
    Llong, Lshort, V = M.Decay(HL), M.Decay(HL), M.Decay(HL)
    memo_static, memo_event, memo_flow = {}, {}, {}
    large = []
    li, run, out = 0, 0, []
    seg0 = 0
    fifo = lambda w, i: range(bisect_right(ts, ts[i] - w, 0, i + 1), i + 1)

    def event(k, m):
        """of snapshot k against the one before it; None where either says nothing"""
        if (k, m) not in memo_event:
            ok = k > 0 and M.book(k).ok and M.book(k - 1).ok and M.dts[k] - M.dts[k - 1] <= age_limit
            memo_event[k, m] = Fr(level_event(M.book(k - 1), M.book(k), m)) if ok else Fr(0)
        return memo_event[k, m]

    def order_flow(inside, levels):
        """of the valid snapshots of a window, seen from a book of so many levels"""
        e = lambda m: sum((event(k, m) for k in inside), Fr(0))
        best = sum((Fr(M.book(k).bids[0][1] + M.book(k).asks[0][1]) for k in inside), Fr(0))
        sides = [s[:10] for k in inside for s in (M.book(k).bids, M.book(k).asks)]
        mean = sum((Fr(q) for s in sides for _, q in s), Fr(0)) / max(1, sum(len(s) for s in sides))
        per = [e(m) / mean if inside else Fr(0) for m in range(levels)]
        row = {f"mlofi_{m + 1}": float(x) for m, x in enumerate(per)}
        row["mlofi"] = float(sum(per, Fr(0)) / levels)
        row["ofi"] = float(e(0))
        row["ofi_norm"] = float(e(0) / (best / (2 * len(inside)))) if inside else 0.0
        return row

    for i in range(M.n):
        t, row = ts[i], dict.fromkeys(COLS)
        if i and t // MIN - ts[i - 1] // MIN - 1 > M.gap_min:
            seg0 = i
        t0 = ts[seg0]
        if i == seg0:
            rate = M.Decay(Hr)
        full = lambda w: not req or t - t0 >= w
        p = M.price(px[i])

        # ---- book
        j = M.asof(t)
        if M.valid(j, t):
            b = M.book(j)
            if j not in memo_static:
                memo_static[j] = static(b, M.levels)
            row.update(memo_static[j])
            if b.obi is not None:
                z = [M.book(k).obi for k in range(j + 1) if M.dts[k] > t - Wz and M.book(k).ok]
                z = [x for x in z if x is not None]
                if len(z) >= max(min_n, 2) and len(set(z)) > 1:
                    m = math.fsum(z) / len(z)
                    row["obi_z"] = (b.obi - m) / math.sqrt(math.fsum((x - m) ** 2 for x in z) / len(z))
            mid = Fr(b.sum2) / 2
            if side[i]:
                row["eff_spread_bps"] = float(20000 * side[i] * (px[i] * M.tick - mid) / mid)
            start = j
            while start > 0 and M.dts[start] - M.dts[start - 1] <= age_limit:
                start -= 1
            if not req or t - M.dts[start] >= W:
                inside = [k for k in range(j + 1) if M.dts[k] > t - W and M.book(k).ok]
                if (j, len(inside)) not in memo_flow:
                    memo_flow[j, len(inside)] = order_flow(inside, min(10, len(b.bids), len(b.asks)))
                row.update(memo_flow[j, len(inside)])

        # ---- flow
        row["vpin"] = vpin[i]
        w = fifo(W, i)
        row["fpi_stack"] = longest_stack(M, w) if full(W) else None
        num_, den = sizes.read(t), counts.read(t)
        large.append(den > 0 and qt[i] * den >= k_large * num_)
        sizes.add(t, float(qt[i]))
        counts.add(t, 1.0)
        if full(W) and den >= min_n:
            all_ = sum(qt[k] for k in w)
            row["large_share"] = float(Fr(sum(qt[k] for k in w if large[k]), all_))
            row["large_ofd"] = float(Fr(sum(side[k] * qt[k] for k in w if large[k]), all_))
        signs = [side[k] for k in fifo(E, i) if side[k]]
        if full(E) and len(signs) >= max(min_n, 2):
            row["sign_acf"] = autocorrelation(signs)
        if side[i]:
            run = run + side[i] if run * side[i] > 0 else side[i]
        row["sign_run"] = float(run)
        same = {px[k] for k in range(bisect_right(ts, t - 1, 0, i + 1), i + 1) if side[k] == side[i]}
        row["sweep"] = side[i] if len(same) > 1 else 0

        # ---- pace
        rate.add(t, 1.0)
        slow = None if t == t0 else rate.read(t) * LN2 / Hr / -math.expm1(-LN2 * ((t - t0) / 1e6) / Hr)
        if full(W):
            row["trade_rate"] = float(len(w) / (W / SEC))
            if slow is not None:
                row["trade_rate_rel"] = row["trade_rate"] / slow
        if i > seg0:
            row["duration_ms"] = (t - ts[i - 1]) / 1000
            if slow is not None:
                row["duration_rel"] = (t - ts[i - 1]) / 1e6 * slow

        # ---- seconds
        if i == seg0:
            seconds, first = {}, t // SEC
        s_i = t // SEC
        done = [s for s in sorted(seconds) if s < s_i]
        have = {}
        for a, s in zip(done, done[1:]):
            have[s] = (seconds[s][1], seconds[s][0] - seconds[a][0], math.log1p((seconds[s][0] - seconds[a][0]) / seconds[a][0]))
        have = {s: v for s, v in have.items() if s >= s_i - N}
        if s_i - 1 - first >= (N if req else 1):
            up = math.fsum(r * r for _, _, r in have.values() if r > 0)
            down = math.fsum(r * r for _, _, r in have.values() if r < 0)
            bv = math.pi / 2 * math.fsum(abs(have[s][2] * have[s - 1][2]) for s in have if s - 1 in have)
            rv = up + down
            row["rv_bps"], row["bv_bps"] = 1e4 * math.sqrt(rv), 1e4 * math.sqrt(bv)
            if rv > 0:
                row["jump_ratio"], row["semivar_imb"] = max(0.0, 1 - bv / rv), (up - down) / rv
            if len(have) >= min_n:
                k = slope([(x, y) for x, y, _ in have.values()])
                if k is not None:
                    row["kyle_lambda"] = float(k[0] * M.tick / M.lot)
                    row["kyle_bps"] = 1e4 * k[1] / px[i]
        old = seconds.get(s_i, (0, 0))
        seconds[s_i] = (px[i], old[1] + side[i] * qt[i])

        # ---- bars
        if i == seg0:
            bars = {}
        k_i = t // MIN
        closed = [k for k in sorted(bars) if k < k_i]
        rs = [(abs(math.log1p((bars[b][0] - bars[a][0]) / bars[a][0])), bars[b][1]) for a, b in zip(closed, closed[1:])][-amihud_n:]
        if len(rs) == amihud_n:
            quote = [float(v * M.tick * M.lot) for _, v in rs]
            row["amihud"] = math.fsum(r / q for (r, _), q in zip(rs, quote)) / amihud_n
            row["amihud_bps"] = 1e4 * row["amihud"] * math.fsum(quote) / amihud_n
        bars[k_i] = (px[i], bars.get(k_i, (0, 0))[1] + px[i] * qt[i])

        # ---- bounce: pairs of successive changes, none of which leads over the edge of a segment
        if i == 0:
            pairs = []
        if i >= seg0 + 2:
            pairs.append((t, px[i] - px[i - 1], px[i - 1] - px[i - 2]))
        inside = [(x, y) for u, x, y in pairs if u > t - E]
        if full(E) and len(inside) >= min_n:
            ticks = 2 * root(max(Fr(0), -covariance(inside)))
            row["roll_spread"], row["roll_bps"] = ticks * float(M.tick), 1e4 * ticks / px[i]

        # ---- liquidations
        while li < len(M.L) and M.L[li][0] + M.lat_l < t:
            u, pos, x = M.L[li]
            (Llong if pos > 0 else Lshort).add(u, x)
            li += 1
        V.add(t, M.notional[i])
        if M.has_liq:
            ll, ls = Llong.read(t), Lshort.read(t)
            row["liq_imb"] = (ls - ll) / (ls + ll) if ls + ll > 0 else 0.0
            row["liq_share"] = (ls + ll) / V.read(t)
            row["liq_recency"] = 0.0
            if li:
                row["liq_age_ms"] = (t - M.L[li - 1][0]) // 1000
                row["liq_recency"] = 2.0 ** (-(t - M.L[li - 1][0]) / (HL * 1e6))

        # ---- time of the day
        angle = 2 * math.pi * (t % DAY) / DAY
        row["tod_sin"], row["tod_cos"] = math.sin(angle), math.cos(angle)
        out.append(row)
    return out
