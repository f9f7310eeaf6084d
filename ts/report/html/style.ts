/** The look of all reports: one column of text, figures and tables in its width, light and dark. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fdfdfc; --panel: #f5f5f2; --ink: #1c1e21; --muted: #61666e; --line: #dcdcd6;
  --series-1: #1f5fae; --series-2: #b4560f; --good: #1d6f42; --bad: #a3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --panel: #1d2025; --ink: #e7e8ea; --muted: #a0a6af; --line: #343941;
    --series-1: #7db2f5; --series-2: #f0a35e; --good: #74c894; --bad: #f08a80;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
header p, .note, figcaption span, footer { color: var(--muted); }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .2rem 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 3rem 0 .6rem; }
p { margin: .4rem 0 1rem; max-width: 46rem; }
.kind { text-transform: uppercase; letter-spacing: .08em; font-size: .75rem; margin: 0; }
.lead { font-size: 1.1rem; }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; margin: 1.5rem 0; padding: 0; }
.tiles div { background: var(--panel); border-radius: .5rem; padding: .9rem 1rem; }
.tiles dt { color: var(--muted); font-size: .85rem; }
.tiles dd { margin: 0; }
.tiles .figure { font-size: 1.6rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tiles .beside { color: var(--muted); font-size: .85rem; }
figure { margin: 1.2rem 0 1.6rem; }
figcaption { margin-bottom: .4rem; }
figcaption b { display: block; font-weight: 600; }
figcaption span { font-size: .9rem; }
figure svg { font-family: inherit; overflow: visible; width: 100%; height: auto; }
.narrow { display: none; }
@media (max-width: 40rem) { .wide { display: none; } .narrow { display: block; } main { padding-top: 1.5rem; } }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .5rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--muted); font-weight: 500; vertical-align: bottom; white-space: normal; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody tr.all td { font-weight: 600; border-top: 2px solid var(--line); }
th.text, td.text { text-align: left; white-space: normal; }
td.text { min-width: 14rem; }
.dense { font-size: .8rem; }
.dense th, .dense td { padding: .35rem .3rem; }
.dense .tag { margin-left: .2rem; padding: 0 .3rem; font-size: .7rem; }
.tag { color: var(--muted); border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; font-size: .8rem; margin-left: .4rem; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin: 0 .3em 0 .8em; background: var(--series-1); }
.key.two { background: none; border: 2px solid var(--series-2); }
article.formula { margin: 1.5rem 0 2.5rem; padding: 1.1rem 1.25rem .2rem; border: 1px solid var(--line); border-radius: .5rem; }
article.formula h3 { margin: 0 0 .3rem; font-size: .9rem; font-weight: 500; color: var(--muted); }
article.formula .number { display: inline-block; margin-right: .6rem; font-weight: 600; color: var(--ink); }
article.formula .scroll { padding: .6rem 0; }
article.formula figure { margin-bottom: .6rem; }
math { font-size: 1.1rem; }
math[display="block"] { font-size: 1.3rem; text-align: left; margin: 0; width: max-content; min-width: 100%; }
math mtext, math mi[mathvariant="normal"] { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-size: .85em; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr)); gap: .5rem 1.5rem; margin: .8rem 0 1.2rem; font-variant-numeric: tabular-nums; }
.facts dt, .facts small { color: var(--muted); font-size: .8rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; } .facts small { display: block; }
.words { max-width: 46rem; }
.words div { margin: 0 0 .7rem; }
.words dt { font-weight: 600; font-size: .95rem; }
.words dd { margin: 0; font-size: .95rem; }
details { margin: 1rem 0; } summary { cursor: pointer; color: var(--muted); }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .85rem; }
@media print { main { max-width: none; } figure, table { break-inside: avoid; } }
`;
