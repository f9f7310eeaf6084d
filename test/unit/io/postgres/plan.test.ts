import { describe, expect, it } from 'vitest';
import { copyOut, planExport } from '../../../../ts/io/postgres/plan.js';
import { defaultSources } from '../../../../ts/io/postgres/source.js';
import { streams } from '../../../../ts/io/raw.js';

const plan = (symbols: string[]) =>
  planExport({ symbols, streams, range: {}, folder: 'raw', sources: defaultSources });

describe('the plan of an export', () => {
  it('has a symbol’s streams together, in their order', () => {
    expect(plan(['A', 'B']).map((part) => part.path)).toEqual([
      'raw/A_trades.csv',
      'raw/A_depth.csv',
      'raw/A_liquidations.csv',
      'raw/B_trades.csv',
      'raw/B_depth.csv',
      'raw/B_liquidations.csv',
    ]);
  });

  it('selects the canonical columns, ordered by the unique key of the table', () => {
    expect(plan(['BTC'])[0]!.query).toBe(
      `SELECT (extract(epoch from t."ts") * 1000000)::bigint AS "ts", t."trade_id" AS "trade_id", ` +
        `t."price" AS "price", t."qty" AS "qty", t."side" AS "side" FROM "trades" AS t ` +
        `WHERE t."symbol" = 'BTC' ORDER BY t."ts", t."trade_id"`,
    );
    expect(copyOut('SELECT 1')).toBe('COPY (SELECT 1) TO STDOUT (FORMAT csv, HEADER)');
  });
});
