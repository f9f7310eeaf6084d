/** A report as one file: nothing is fetched, nothing runs. */
import { version } from '../../config/version.js';
import { html, Markup } from './markup.js';
import { style } from './style.js';

export interface Page {
  /** What kind of report it is: `training`. */
  kind: string;
  title: string;
  /** Below the title: what was looked at. */
  about: string;
  body: readonly Markup[];
  /** How the numbers were made. */
  notes: readonly string[];
}

export function page({ kind, title, about, body, notes }: Page): string {
  const content = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="hybrid ${version}">
<link rel="icon" href="data:,">
<title>${title} · hybrid ${kind}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
<header>
<p class="kind">hybrid · ${kind}</p>
<h1>${title}</h1>
<p>${about}</p>
</header>
${body}
<footer>${notes.map((note) => html`<p>${note}</p>`)}<p>hybrid ${version}</p></footer>
</main>
</body>
</html>
`;
  return content.text;
}

/** Columns from which on a table is set in smaller type. */
const many = 10;

/** A table that scrolls sideways where the page is narrow. */
export function tableOf(
  header: readonly string[],
  rows: readonly { cells: readonly (Markup | string)[]; all?: boolean }[],
  text: readonly number[] = [],
): Markup {
  const cell = (content: Markup | string, j: number) =>
    text.includes(j) ? html`<td class="text">${content}</td>` : html`<td>${content}</td>`;
  const head = (name: string, j: number) =>
    html`<th scope="col" class="${text.includes(j) ? 'text' : ''}">${name}</th>`;
  const row = ({ cells, all }: (typeof rows)[number]) =>
    html`<tr class="${all ? 'all' : ''}">${cells.map(cell)}</tr>`;
  return html`<div class="scroll" tabindex="0"><table class="${header.length < many ? '' : 'dense'}">
<thead><tr>${header.map((name, j) => head(name, j))}</tr></thead>
<tbody>${rows.map(row)}</tbody>
</table></div>`;
}

/** Large numbers with what stands beside them. */
export function tiles(all: readonly { name: string; value: Markup; beside: Markup }[]): Markup {
  const tile = ({ name, value, beside }: (typeof all)[number]) =>
    html`<div><dt>${name}</dt><dd class="figure">${value}</dd><dd class="beside">${beside}</dd></div>`;
  return html`<dl class="tiles">${all.map(tile)}</dl>`;
}
