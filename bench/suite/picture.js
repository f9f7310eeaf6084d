/** A record as one picture: how many times better than each peer, on a logarithmic axis. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { rivalries } from './rivalries.js';
import { number } from './table.js';

/** Readable on light and on dark: the picture stands on pages of both kinds. */
const colours = { ink: '#7a828c', ahead: '#2e8b57', behind: '#c2542d' };
const rowHeight = 20;

/** A dot for each rivalry; a row for each case and peer. */
export function pictureOf(record) {
  const dots = rivalries(record).map(({ case: name, ours, peer, ratio }) => ({
    row: `${name} beside ${peer.who}`,
    title: `${ours.subject} [${ours.unit}], ${ours.who}: ${number(ratio)} ×`,
    ratio,
  }));
  const rows = [...new Set(dots.map(({ row }) => row))];
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    document,
    width: 960,
    height: 70 + rowHeight * rows.length,
    marginLeft: 400,
    marginRight: 30,
    marginBottom: 46,
    insetLeft: 8,
    style: { background: 'none', color: colours.ink, fontSize: '12px', fontFamily: 'system-ui, sans-serif' },
    ariaLabel: 'hybrid beside its peers',
    x: {
      type: 'log',
      label: 'times as good as the peer (1: equal) →',
      grid: true,
      tickFormat: (d) => `${d}`,
    },
    y: { domain: rows, label: null },
    marks: [
      Plot.ruleX([1], { stroke: colours.ink }),
      Plot.dot(dots, {
        y: 'row',
        x: 'ratio',
        r: 4,
        fill: ({ ratio }) => (ratio >= 1 ? colours.ahead : colours.behind),
        fillOpacity: 0.7,
        title: 'title',
      }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}
