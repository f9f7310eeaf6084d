/** HTML from templates: what is put in is escaped unless it is markup already. */

export class Markup {
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | readonly Part[];

export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(texts.map((text, i) => text + (i < parts.length ? partText(parts[i]!) : '')).join(''));
}

function partText(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(partText).join('');
  return escaped(String(part));
}

export function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (c) => entities[c]!);
}

/** A number as it is shown, in which unit (`scale` times its own), with its place in the JSON result and its exact value. */
export function shown(key: string, value: number | null, text: string, scale = 1): Markup {
  return html`<span data-key="${key}" data-value="${String(value)}" data-scale="${scale}">${text}</span>`;
}
