/** A record as one picture: how many times better than each peer, on a logarithmic axis. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { measurementsOf } from './record.js';
import { advantage, contests, isOurs, number } from './table.js';

/** Each of ours beside each peer of its subject. */
export function rivalries(record) {
  const rivalries = [];
  for (const name of Object.keys(record.cases)) {
    const own = [...measurementsOf(record)].filter((m) => m.case === name);
    for (const group of contests(own))
      for (const ours of group.filter(isOurs))
        for (const peer of group.filter((one) => !isOurs(one)))
          rivalries.push({ case: name, ours, peer, ratio: advantage(ours, peer) });
  }
  return rivalries;
}

/** Readable on light and on dark: the picture stands on pages of both kinds. */
const colours = { ink: '#7a828c', ahead: '#2e8b57', behind: '#c2542d' };

export function pictureOf(record) {
  const rows = rivalries(record).map(({ ours, peer, ratio }) => ({
    label: `${ours.subject} [${ours.unit}]: ${ours.who} beside ${peer.who}`,
    ratio,
  }));
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    document,
    width: 960,
    height: 60 + 22 * rows.length,
    marginLeft: 470,
    marginRight: 60,
    style: { background: 'none', color: colours.ink, fontSize: '12px', fontFamily: 'system-ui, sans-serif' },
    ariaLabel: 'hybrid beside its peers',
    x: { type: 'log', label: 'times as good as the peer (1: equal)', grid: true, tickFormat: (d) => `${d}` },
    y: { domain: rows.map((r) => r.label), label: null },
    marks: [
      Plot.barX(rows, {
        y: 'label',
        x1: 1,
        x2: 'ratio',
        fill: ({ ratio }) => (ratio >= 1 ? colours.ahead : colours.behind),
        inset: 3,
      }),
      Plot.text(rows, {
        y: 'label',
        x: 'ratio',
        text: ({ ratio }) => number(ratio),
        textAnchor: 'start',
        dx: 5,
        fill: colours.ink,
        filter: ({ ratio }) => ratio >= 1,
      }),
      Plot.text(rows, {
        y: 'label',
        x: 'ratio',
        text: ({ ratio }) => number(ratio),
        textAnchor: 'end',
        dx: -5,
        fill: colours.ink,
        filter: ({ ratio }) => ratio < 1,
      }),
      Plot.ruleX([1], { stroke: colours.ink }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}
