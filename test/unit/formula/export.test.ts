import { describe, expect, it } from 'vitest';
import type { Exported } from '../../../ts/formula/exported.js';
import { type LanguageName, languages } from '../../../ts/formula/languages.js';
import { Names } from '../../../ts/formula/names.js';
import { columnsIn, operatorsIn, readTree } from '../../../ts/formula/tree.js';
import { formulaInWords } from '../../../ts/formula/words.js';
import { formulaTable, parseFormulas } from '../../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';

const kernels = instantiateKernels(await compileKernels());
const { operators } = formulaTable(kernels);
const columns = ['ofd', 'obi', 'rsi7', 'price', 'min', 'lambda', 'strange "name" */'];

function exported(text: string, bySymbol = true): Exported {
  const program = parseFormulas(kernels, [text], columns)[0]!;
  const root = readTree(program, operators, columns);
  return { text, root, lookBack: 199, version: '1.2.3', dataset: { path: "it's/features", bySymbol } };
}

function lines(language: LanguageName, text: string, bySymbol = true): string[] {
  return languages[language](exported(text, bySymbol))
    .split('\n')
    .map((line) => line.trim());
}

describe('the tree of a formula', () => {
  it('has equal parts once, and its columns and operators in the order of their use', () => {
    const { root } = exported('sma(ofd, 5) * obi + sma(ofd, 5)');
    expect(columnsIn(root)).toEqual(['ofd', 'obi']);
    expect(operatorsIn(root).map(({ name }) => name)).toEqual(['sma', 'mul', 'add']);
  });
});

describe('an exported formula', () => {
  it.each(Object.keys(languages) as LanguageName[])('says what it is, in %s', (language) => {
    const code = languages[language](exported('zscore(ofd, 200) - lag(obi, 5)'));
    expect(code).toContain('zscore(ofd, 200) - lag(obi, 5)');
    expect(code).toContain('hybrid 1.2.3');
    expect(code.endsWith('\n') && !code.endsWith('\n\n')).toBe(true);
    expect(code).not.toMatch(/[ \t]\n/);
  });

  it.each(Object.keys(languages) as LanguageName[])('exists of every operator, in %s', (language) => {
    for (const { name, arity, minWindow } of operators) {
      const args = ['ofd', 'obi', 'rsi7', 'price'].slice(0, arity);
      const text = `${name}(${[...args, ...(minWindow > 0 ? [7] : [])].join(', ')})`;
      expect(languages[language](exported(text))).toContain('ofd');
    }
  });

  it('reads in Python as the formula does', () => {
    const python = lines('python', 'zscore(ofd, 200) - lag(obi, 5)');
    expect(python).toContain('return finite(zscore(ofd, 200) - lag(obi, 5))');
    expect(python).not.toContain('def corr(a, b, n):');
  });

  it('brings along what it calls, and nothing else', () => {
    const saturated = 'rank(tanh(ofd * 64), 100)';
    expect(lines('python', saturated)).toContain('return np.vectorize(math.tanh, otypes=[float])(a)');
    expect(lines('python', saturated)).toContain('import math');
    expect(lines('python', 'ofd * 64')).not.toContain('import math');
    expect(languages.polars(exported(saturated))).not.toContain('math');
  });

  it('names what occurs twice', () => {
    const python = lines('python', 'tanh(ofd / rsi7) + ofd / rsi7');
    expect(python).toContain('div_1 = finite(divide(ofd, rsi7))');
    expect(python).toContain('return finite(tanh_of(div_1) + div_1)');
    const typescript = lines('typescript', 'tanh(ofd / rsi7) + ofd / rsi7');
    expect(typescript).toContain('const div_1 = each(rows, (i) => finite(divide(ofd[i]!, rsi7[i]!)));');
  });

  it('lets no infinity into what would make a number of it', () => {
    expect(lines('python', 'obi / (ofd * price)')).toContain(
      'return finite(divide(obi, finite(ofd * price)))',
    );
    expect(lines('python', 'ofd * price * obi')).toContain('return finite(ofd * price * obi)');
  });

  it('keeps the structure: signs, parentheses, two minus in a row', () => {
    expect(lines('python', 'ofd - (obi - -rsi7) * -2')).toContain(
      'return finite(ofd - (obi - -rsi7) * -2.0)',
    );
    expect(languages.sql(exported('--ofd'))).toContain('-(-ofd)');
    expect(languages.sql(exported('--ofd')).split('\n').slice(4).join('\n')).not.toContain('--');
  });

  it('takes names as they come', () => {
    const odd = 'lambda + min(min, "strange \\"name\\" */")'.replaceAll('\\"', '"');
    expect(() => exported(odd)).toThrow();
    const python = lines('python', 'lambda + min(min, 1)');
    expect(python).toContain('lambda_2 = finite(np.asarray(columns["lambda"], dtype=float))');
    expect(python).toContain('return finite(lambda_2 + np.minimum(min_2, 1.0))');
    expect(lines('sql', 'lambda')).toContain(
      'case when isfinite(cast("lambda" as double)) then cast("lambda" as double) end as lambda_2',
    );
    expect(new Names(['a']).take('a')).toBe('a_2');
    expect(new Names([]).take('1 %')).toBe('_1__');
  });

  it('reads the dataset as it lies there', () => {
    const folder = languages.sql(exported('ofd'));
    expect(folder).toContain("read_parquet('it''s/features/symbol=*/*.parquet'");
    // The order of the folders' own names, which is not that of the symbols they encode.
    expect(folder).toMatch(/regexp_extract\(filename, .*\) as symbol,/);
    expect(folder).toMatch(/order by symbol, row_number;/);
    const file = languages.sql(exported('ofd', false));
    expect(file).toContain("read_parquet('it''s/features', filename");
    expect(file).not.toContain('symbol');
  });

  it('tells in Pine what a chart cannot have', () => {
    const pine = languages.pine(exported('zscore(ofd, 200) * price'));
    expect(pine).toContain('//@version=6');
    expect(pine).toContain('// A chart has no ofd');
    expect(pine).toContain('float price = close');
    expect(pine).toContain('runtime.error("A chart has no ofd');
    expect(languages.pine(exported('price * 2'))).not.toContain('runtime.error');
  });

  it('is mathematics in LaTeX', () => {
    const latex = lines('latex', 'if_greater(ofd, 0, square(obi), 1e-7) / sqrt(rsi7)');
    expect(latex).toContain(
      'f &= \\frac{\\begin{cases} \\mathrm{obi}^{2} & \\mathrm{ofd} > 0 \\\\ 1 \\cdot 10^{-7} & \\text{else} \\end{cases}}{\\sqrt{\\mathrm{rsi7}}}',
    );
    expect(lines('latex', 'tanh(ofd / obi) + ofd / obi')[3]).toBe(
      'u_{1} &= \\frac{\\mathrm{ofd}}{\\mathrm{obi}} \\\\',
    );
  });
});

describe('a formula in words', () => {
  it('has a line for each window, the value last', () => {
    expect(formulaInWords(exported('zscore(ofd * 2, 200) - lag(obi, 1)').root)).toEqual([
      'step_1: ofd * 2',
      'step_2: how many standard deviations step_1 is above its mean of the last 200 rows',
      'step_3: obi as it was 1 row before',
      'value: step_2 - step_3',
    ]);
  });
});
