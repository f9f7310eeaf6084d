#!/usr/bin/env python3
"""markets.py SEED OUTDIR [--trades N] [--ambiguous] [--extended]: one hostile random small market.
OUTDIR/input/HST_{trades,depth,liquidations}.csv[.gz], OUTDIR/params.json.  Same seed, same bytes.
--extended varies the parameters of the extended feature set too.  Without --ambiguous nothing is written whose reading the specification leaves open."""
import argparse, gzip, json, os, random, sys
from decimal import Context, Decimal as D, Inexact, setcontext
setcontext(Context(prec=200, Emax=9999, Emin=-9999, traps=[Inexact]))
ap = argparse.ArgumentParser()
ap.add_argument("seed"); ap.add_argument("out"); ap.add_argument("--trades", type=int); ap.add_argument("--ambiguous", action="store_true"); ap.add_argument("--extended", action="store_true")
o = ap.parse_args()
R = random.Random("hybrid-market-" + o.seed)
ch, U = R.choice, R.random
MIN, DAY, HALF = 60_000_000, 86_400_000_000, D("0.5")


def some(p):
    return U() < p


# ------------------------------------------------------------------------------------------ parameters
P = {}


def maybe(name, vals, p):
    if some(p):
        P[name] = ch(vals)


pp = ch([0, 0, .25, .25, .5, .9])
maybe("side_fallback", ["lee_ready", "tick", "zero", "drop"], pp)
maybe("depth_latency_us", [0, 1, 1000, 250000, 5000000], pp)
maybe("liq_latency_us", [0, 1, 1000, 250000, 5000000], pp)
maybe("max_depth_age_ms", [1, 500, 1500, 5000, 60000, 600000], pp)
maybe("W_s", [0.5, 1, 5, 7.5, 30, 60, 300], pp)
maybe("require_full_window", [True, False, False], pp)
maybe("gap_reset_min", [0, 1, 2, 5, 30, 59, 60, 61, 120], pp)
maybe("volume_unit", ["base", "quote", "quote"], pp)
maybe("empty_bar", ["flat", "skip", "skip"], pp)
maybe("ema_fast_n", [2, 3, 5, 9], pp)
maybe("ema_slow_n", [3, 5, 13, 21], pp)
maybe("rsi_n", [2, 3, 7, 14], pp)
maybe("bb_n", [2, 3, 5, 20, 40], pp)
maybe("bb_k", [0.5, 1, 2, 2.5, 3], pp)
maybe("vwap_anchor", ["utc_day", "none", "rolling:1", "rolling:2", "rolling:5", "rolling:30"], pp)
maybe("vwap_anchor_offset_min", [0, 1, 5, 330, 480, 1439], pp)
maybe("vwap_source", ["trades", "hlc3", "hlc3"], pp)
maybe("ofd_ratio_clamp", [1, 2, 10, 100, 1000.5], pp)
maybe("absorb_half_life_s", [1, 10, 300, 1800], pp)
maybe("absorb_min_weight", [0.5, 1, 2, 5, 20], pp)
maybe("cpi_sigma_half_life_s", [30, 300, 1800], pp)
maybe("cpi_sigma_min_seconds", [1, 10, 60, 300], pp)
if some(pp):
    P["cpi_w_ret"], P["cpi_w_flow"], P["cpi_w_liq"] = ch([(0.5, 0.2, 0.3), (1, 0, 0), (0.1, 0.6, 0.3), (1, 1, 1), (0.25, 0.75, 0)])
maybe("cpi_liq_half_life_s", [5, 60, 600], pp)
maybe("cpi_liq_floor", [0.001, 0.01, 0.1, 1], pp)
maybe("cpi_gate_fast_s", [1, 15, 60], pp)
maybe("cpi_gate_slow_s", [300, 1800, 3600], pp)
maybe("cpi_gate_full_ratio", [1.5, 4, 10], pp)
maybe("obi_levels", [1, 2, 3, 10, 50], pp)
maybe("obi_mode", ["levels", "band:0.01", "band:0.05", "band:0.125", "band:0.2", "band:1", "band:5"], pp)
maybe("wall_range_bps", [5, 10, 33.3, 50, 100, 250], pp)
maybe("wall_k", [1, 1.5, 2, 3, 5, 10], pp)
maybe("wall_min_buckets", [1, 2, 3, 5, 8], pp)
maybe("wall_bucket_ticks", ["auto", 1, 2, 3, 5, 10, 50], pp)
maybe("wall_min_persist", [1, 2, 2, 3, 5], pp)
maybe("footprint_bucket_ticks", ["auto", 1, 2, 3, 7, 50], pp)
maybe("footprint_ratio", [1, 1.5, 2, 3, 4], pp)
maybe("footprint_vmin", [0, 5, 50, 50000], pp)
maybe("cascade_fast_s", [1, 10, 30], pp)
maybe("cascade_slow_s", [60, 120, 600], pp)
maybe("cascade_min_share", [0.0001, 0.005, 0.1, 1], pp)
maybe("cascade_min_notional", [1000, 60000.0, 10000000], pp * .6)
maybe("liq_dedup", ["exact", "none"], pp)
if o.ambiguous:
    maybe("ema_fast_n", [1], .3)
    maybe("vwap_anchor_offset_min", [-60, -1440, 2000], .3)
    maybe("bb_n", [1], .2)
if o.extended:                                              # draws of their own: the market of a seed stays what it is
    X = random.Random("hybrid-extended-" + o.seed)
    for name, vals in dict(vpin_buckets=[1, 2, 5, 50], vpin_buckets_per_day=[50, 500, 5000], estimate_window_s=[1, 30, 60, 300, 3600],
                           estimate_min_n=[2, 3, 5, 20], amihud_n=[1, 2, 5, 20], obi_z_window_s=[60, 600, 1800],
                           large_trade_k=[0.5, 1.5, 3, 10], large_half_life_s=[10, 600, 1800], rate_half_life_s=[10, 600, 1800]).items():
        if X.random() < .7:
            P[name] = X.choice(vals)
    vpin_volume = X.random() < .5, X.choice([0.3, 5, 40])
G = lambda k, d: P.get(k, d)
Wus = int(D(str(G("W_s", 60))) * 1000000)
latd, latl = G("depth_latency_us", 0), G("liq_latency_us", 0)
age = G("max_depth_age_ms", 60000) * 1000
wrange, wk = D(str(G("wall_range_bps", 100))), D(str(G("wall_k", 5)))
band = D(P["obi_mode"][5:]) if P.get("obi_mode", "").startswith("band:") else None

# ------------------------------------------------------------------------------------------ grid
ticks = ["0.5", "0.1", "0.01", "0.001", "0.0001", "1e-5", "1e-8", "0.00000001", "0.25", "0.05", "0.005", "1", "5", "25", "100"]
lots = ["0.001", "0.01", "0.1", "1", "1", "10", "100", "0.5", "0.25", "1e-8", "0.00001"]
tick_s, lot_s = ch(ticks), ch(lots)
tick, lot = D(tick_s), D(lot_s)
given_tick, given_lot = some(.5), some(.5)
if given_tick:
    P["tick_size"] = tick_s
if given_lot:
    P["lot_size"] = lot_s
if o.extended and vpin_volume[0]:
    P["vpin_bucket_volume"] = format(lot * D(str(vpin_volume[1])) * 10, "f")
base = ch([3, 15, R.randint(50, 999), R.randint(1000, 20000), 20000, 20001, 40000, 40001, 100001, R.randint(10**5, 10**6), R.randint(10**6, 10**8), R.randint(10**8, 2 * 10**9)])
step = max(1, base // ch([10**6, 10**4, 10**4, 2000]))
qmax = ch([1, 10, 1000, 1000, 10**6, 10**12 if o.ambiguous else 10**9])
n = o.trades or ch([1, 2, R.randint(3, 30)] + [R.randint(200, 900)] * 8 + [R.randint(900, 2000)] * 4)
scale = ch([20_000, 300_000, 2_000_000, 2_000_000, 10_000_000, 30_000_000])
if n * scale < 1.2e9 and some(.7):
    scale = int(1.5e9 / n)
grain = ch([1, 1, 1000, 1000, 100_000, 1_000_000])
gapm = G("gap_reset_min", 60)
day = ch([20000, 19999, 20089, 20089, -11700 if some(.5) else 19358])
t = day * DAY + DAY - int(U() * min(2 * 3600e6, n * scale * .8)) // grain * grain
if o.ambiguous and some(.3):
    t = -int(U() * n * scale)                                # crosses the epoch; |ts| below every unit threshold
nholes = ch([0, 0, 1, 2, 3])
hole_at = {R.randrange(n): ch([58, 59, 59, 60, 60, 61, 61, 62, gapm, gapm, gapm + 1, gapm + 1]) for _ in range(nholes)}

# ------------------------------------------------------------------------------------------ trades: the true path
tr = []
px, mode, left = base, "walk", 0
for i in range(n):
    if i:
        r = U()
        if i in hole_at:
            k = t // MIN + 1 + hole_at[i]
            t = k * MIN + ch([0, 0, 1, MIN - 1, R.randrange(MIN)])
        elif r < .22:
            pass
        elif r < .26:
            t += ch([1, 1, 2, 999, 1000])
        elif r < .28:
            t = (t // MIN + 1) * MIN - ch([0, 0, 1])
        elif r < .31:
            t = (t // 1000000 + 1) * 1000000 - ch([0, 0, 1])
        elif r < .34:
            t = max(t, ch(tr)[0] + Wus + ch([-1, 0, 0, 1])) if tr[-1][0] - tr[0][0] < 4 * Wus and some(.5) else max(t, tr[-1][0] + Wus + ch([-1, 0, 1])) if Wus <= 60 * scale else t
        elif r < .345:
            t += R.randint(1, 9) * MIN
        else:
            t += max(0, int(R.expovariate(1 / scale)) // grain * grain)
    if left == 0:
        mode, left = ch([("walk", 60), ("flat", 40), ("jump", 10), ("trend", 30), ("bounce", 40)])
        left = R.randint(1, left)
        drift = ch([-1, 1])
    left -= 1
    if mode == "walk":
        px += R.randint(-2, 2) * R.randint(0, step)
    elif mode == "jump":
        px += R.randint(-8, 8) * step
    elif mode == "trend":
        px += drift * R.randint(0, step)
    elif mode == "bounce":
        px += (1 if i % 2 else -1)
    px = max(1, px)
    if base > 1000:
        px = max(px, base // 3)
    q = R.randint(1, qmax)
    if some(.1):
        q = ch([1, qmax, 10 * qmax])
    tr.append((t, px, q, ch([1, -1])))
unknown = ch([0, 0, .1, .4, 1])


def plain(v):
    return format(v.normalize() if v else D(0), "f")


def text(v):
    """one of the ways to write a number"""
    r = U()
    s = plain(v)
    if r < .7 or v == 0:
        return s
    if r < .85:
        return (s if "." in s else s + ".") + "0" * R.randint(1, 4)
    sg, dg, e = v.normalize().as_tuple()
    m = "".join(map(str, dg))
    sg = "-" if sg else ""
    if len(m) > 1 and some(.6):
        j = R.randint(1, len(m) - 1)
        m, e = m[:j] + "." + m[j:], e + len(m) - j
        if some(.3):
            m += "0"
    return f"{sg}{m}{ch(['e', 'E'])}{ch(['+', ''] if e >= 0 else [''])}{e}"


# ids
idmode = ch(["seq", "seq", "seq", "seqjump", "random", "big", "neg", "empty", "someempty", "textmix", "alltext", "repeat", "repeat", "repeattext"])
rows, nid = [], R.randint(1, 10**6)
if idmode == "big":
    nid = 2**53 + R.randint(-5, 5) if some(.5) else 2**63 - 10 * n - 5000
if idmode == "neg":
    nid = -n // 2
for t, px, q, s in tr:
    nid += 1 if idmode != "seqjump" else R.randint(1, 50)
    i = str(nid)
    if idmode == "random":
        i = str(R.randint(1, 10**9))
    elif idmode == "empty":
        i = ""
    elif idmode == "someempty" and some(.1):
        i = ""
    elif idmode == "textmix" and some(.1):
        i = ch(["abc", "x1", "12a", "A-" + str(R.randint(1, 4)), "n/a"])
    elif idmode in ("alltext", "repeattext"):
        i = "t%x" % (nid if idmode == "alltext" or some(.9) else nid - R.randint(1, 6))
    elif idmode == "repeat" and some(.12):
        i = str(nid - R.randint(1, 9))
    if o.ambiguous and some(.02):
        i = ch(["0" + i, "+" + i, i + ".0", str(2**63 + 5), " " + i])
    rows.append([str(t), i, text(px * tick), text(q * lot), str(0 if some(unknown) else s)])
# bad rows
extra = []
if some(.6):
    for _ in range(R.randint(1, 6)):
        t, px, q, s = ch(tr)
        p, q = px * tick, q * lot
        k = ch(["p0", "pneg", "q0", "qneg", "offp", "offq", "nearp", "nearq", "tinyp", "tinyq"])
        if k == "p0": p = D(0)
        if k == "pneg": p = -p
        if k == "q0": q = D(0)
        if k == "qneg": q = -q
        e = ch(["0.0000009", "-0.0000009"]) if k.startswith("near") else ch(["0.5", "0.25", "0.0000011", "-0.0000011", "0.01", "-0.3"])
        if o.ambiguous and some(.2): e = ch(["0.000001", "-0.000001"])
        if k in ("offp", "nearp") and given_tick: p += D(e) * tick
        if k in ("offq", "nearq") and given_lot: q += D(e) * lot
        if k == "tinyp" and given_tick: p = D("0.0000003") * tick
        if k == "tinyq" and given_lot: q = D("0.0000003") * lot
        if k in ("offp", "pneg") and not given_tick and some(.4): p = -(abs(p) + tick * ch([D("0.1"), D("0.03")]))     # dropped, yet it takes part in the inference
        if k in ("offq", "qneg") and not given_lot and some(.4): q = -(abs(q) + lot * ch([D("0.1"), D("0.03")]))
        i = ch([str(nid + 1000 + len(extra)), ch(rows)[1]]) if idmode != "empty" else ""
        if some(.15) and (p <= 0 or q <= 0): i = ch(["", "bad"])      # the only bad id may be on a dropped row
        extra.append([str(t + ch([0, 0, 1, -1])), i, text(p), text(q), ch(["1", "-1", "0"])])
for e in extra:
    rows.insert(R.randint(0, len(rows)), e)
# exact repeats and repeats at other times
if some(.4) and idmode not in ("someempty",):
    for _ in range(R.randint(1, 5)):
        r = list(ch(rows))
        if some(.5): r[0] = str(int(r[0]) + ch([-1, 1, 1000000, -60000000]))
        if some(.3): r[2] = text(ch(tr)[1] * tick)
        rows.insert(R.randint(0, len(rows)), r)


def disorder(rows):
    m = ch(["none", "none", "swap", "swap", "interleave", "reverse", "shuffle"])
    if m == "swap":
        for _ in range(max(1, len(rows) // 20)):
            if len(rows) > 1:
                j = R.randrange(len(rows) - 1)
                k = min(len(rows) - 1, j + R.randint(1, 5))
                rows[j], rows[k] = rows[k], rows[j]
    elif m == "interleave":
        h = len(rows) // 2
        a, b = rows[:h], rows[h:]
        rows = [x for p in zip(a, b) for x in p] + b[len(a):]
    elif m == "reverse":
        rows = rows[::-1]
    elif m == "shuffle":
        R.shuffle(rows)
    return rows


os.makedirs(os.path.join(o.out, "input"), exist_ok=True)
for f in os.listdir(os.path.join(o.out, "input")):
    os.unlink(os.path.join(o.out, "input", f))


def write(stream, header, rows):
    nl = ch(["\n"] * 9 + ["\r\n"])
    s = nl.join([header] + [",".join(f'"{c}"' if "," in c else c for c in r) for r in rows])
    if some(.9): s += nl
    b = s.encode()
    if some(.05): b = b"\xef\xbb\xbf" + b
    p = os.path.join(o.out, "input", f"HST_{stream}.csv")
    if some(.1):
        with open(p + ".gz", "wb") as f:
            f.write(gzip.compress(b, mtime=0))
    else:
        with open(p, "wb") as f:
            f.write(b)


write("trades", "ts,trade_id,price,qty,side", disorder(rows))

# ------------------------------------------------------------------------------------------ depth
kind = ch(["absent", "header"] + ["yes"] * 10)
fine = ch([tick, tick, tick, tick / 10, tick / 4, tick * 3])          # a grid of the book's own
offgrid = ch([0, 0, .1, 1])


def short(v, k=17):
    return len(v.normalize().as_tuple().digits) <= k and -v.normalize().as_tuple().exponent <= 16


def make_book(px, seq):
    mid = px * tick
    width = mid * wrange / 10000
    L = ch([1, 2, 4, 5, 8, 12, 20, 25])
    gap = max(fine, (width // (fine * ch([3, 6, 8, 12, 25]))) * fine) if some(.8) else fine
    sp = ch([0, 0, 1, 3]) * fine + fine
    if some(.03):
        sp = max(fine, (width * 2 // fine + 2) * fine)                # the touch itself out of range
    b0 = (mid // fine) * fine
    if some(.5):
        b0 -= fine
    if b0 <= 0:
        b0 = fine
    a0 = b0 + sp
    s0 = ch([D(1), D(2), D("0.5"), D("1.25"), D("700"), D("0.001")])
    sizes = ch([[s0], [s0], [s0, 2 * s0, 3 * s0], [s0 * R.randint(1, 30) for _ in range(8)]])

    def side(best, sg):
        out, p = [], best
        for j in range(L):
            if p <= 0:
                break
            q = ch(sizes)
            if j and some(.12):
                q = ch([wk * s0, wk * s0, wk * s0 - s0 / 1000, wk * s0 + s0 / 1000, 40 * s0, wk * 2 * s0, wk * 3 * s0 / 2])
            pp_ = p
            if offgrid and j and some(offgrid):
                pp_ = p + sg * fine * ch([D("0.1"), D("0.5"), D("0.37")])
            out.append([pp_, q])
            p = p + sg * gap * ch([1, 1, 1, 2])
        return out
    bids, asks = side(b0, -1), side(a0, 1)
    sm = b0 + a0
    lim = [(sm * wrange / 10000) / 2]
    if band is not None:
        lim.append(sm * band / 200)
    for l in lim:
        if some(.5):
            for sd, sg in ((bids, -1), (asks, 1)):
                for e in ch([[0], [0], [0, 1], [-1], [1]]):
                    p = sm / 2 + sg * (l + e * D("1e-10") * fine)
                    if p > 0 and (p < b0 if sg < 0 else p > a0) and short(p):
                        sd.append([p, ch([s0, wk * s0, 40 * s0])])
                sd.sort(reverse=sg < 0)
    r = U()
    if r < .03:
        asks = [[p - sp - fine * ch([0, 1]), q] for p, q in asks if p - sp - fine > 0]        # crossed or locked
    elif r < .05 and asks and bids:
        asks[0][0] = bids[0][0]                                                              # locked
    elif r < .07:
        bids = []
    elif r < .09:
        asks = []
    elif r < .10:
        bids, asks = [], []
    elif r < .11:
        bids = [[p, D(0)] for p, _ in bids]
    cols = []
    for sd in (bids, asks):
        lv = [[text(p) if some(.2) else plain(p), text(q) if some(.1) else plain(q)] for p, q in sd]
        if lv and some(.12):
            for _ in range(R.randint(1, 3)):                        # a repeated price, otherwise written
                p, q = ch(sd)
                lv.insert(R.randint(0, len(lv)), [text(p), plain(ch([q, q * 3, D(0), wk * s0, -q]))])
        if lv and some(.1):
            for _ in range(R.randint(1, 3)):
                x = ch(lv)
                x[ch([0, 1])] = "NULL"
        if lv and some(.08):
            ch(lv)[1] = ch(["0", "0.0", "0.000", "-1", "0e5"])
        if lv and some(.04):
            lv.insert(R.randint(0, len(lv)), [ch(["0", "-1", "NULL", "-0.5"]), plain(s0)])
        if some(.1):
            R.shuffle(lv)
        a, b = [x[0] for x in lv], [x[1] for x in lv]
        if some(.02):
            ch([a, b]).append(ch(["1", "NULL"]))                    # malformed: lengths differ
        nul = (lambda s: s)
        if o.ambiguous and some(.1):
            nul = lambda s: s.replace("NULL", "null")
        f = lambda v: "" if o.ambiguous and not v and some(.3) else nul("{" + ",".join(v) + "}")
        cols += [f(a), f(b)]
    return cols


if kind == "header":
    write("depth", "ts,seq,bid_px,bid_qty,ask_px,ask_qty", [])
elif kind == "yes":
    m = max(1, int(n * ch([.1, .5, 1, 1.5])))
    every = sorted(R.randrange(n) for _ in range(m))
    rows = []
    for seq, j in enumerate(every):
        t, px, _, _ = tr[j]
        r = U()
        if r < .25:
            t -= latd + ch([0, 0, 1, 1, -1])
        elif r < .35:
            t -= age + ch([0, 0, 1, -1])
        elif r < .5:
            t += ch([0, 1, 999, 1000, -1000])
        else:
            t += R.randint(-scale, scale) // grain * grain
        rows.append([str(t), str(seq)] + make_book(px, seq))
        while some(.1):
            rows.append([str(t), str(seq)] + make_book(px, seq))
        if some(.15):                                              # the same book again a little later: walls persist
            rows.append([str(t + R.randint(1, 5)), str(seq)] + rows[-1][2:])
    rows.sort(key=lambda r: int(r[0]))
    write("depth", "ts,seq,bid_px,bid_qty,ask_px,ask_qty", disorder(rows))

# ------------------------------------------------------------------------------------------ liquidations
kind = ch(["absent", "absent", "header"] + ["yes"] * 7)
if kind == "header":
    write("liquidations", "ts,seq,pos,price,qty", [])
elif kind == "yes":
    rows, seq = [], 0
    for _ in range(ch([1, 2, 3, 6])):
        j = R.randrange(n)
        pos = ch([1, -1])
        for _ in range(ch([1, 3, 12, 40])):
            j = min(n - 1, j + ch([0, 0, 0, 1, 1, 2, 7]))
            t, px, _, _ = tr[j]
            t += ch([0, -latl, -latl - 1, -latl + 1, 0, 1, R.randint(-scale, scale)])
            p = px * tick if some(.7) else px * tick * ch([D("1.003"), D("0.9971")])
            q = lot * R.randint(1, 3 * qmax)
            if some(.03): q = D(0)
            if some(.03): p = ch([D(0), -p])
            rows.append([str(t), str(seq), str(pos if some(.85) else -pos), plain(p), plain(q)])
            seq += ch([0, 1, 1, 1])
            while some(.1):
                rows.append(list(rows[-1]))
                if o.ambiguous and some(.5):
                    rows[-1][4] = text(q)
    write("liquidations", "ts,seq,pos,price,qty", disorder(rows))

with open(os.path.join(o.out, "params.json"), "w") as f:
    json.dump(P, f, indent=1, sort_keys=True)
    f.write("\n")
