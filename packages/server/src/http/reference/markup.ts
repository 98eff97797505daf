// HTML text in which everything that is put in is escaped.

/** Text that is HTML already. Only `html` and `trusted` make it. */
class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type { Markup }

type Value = string | number | Markup | readonly Value[]

/** A template of HTML: strings in it become text, markup stays. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(parts.map((part, index) => part + render(values[index] ?? '')).join(''))
}

/** SECURITY: for text of our own files only; nothing of a record or a request may come here. */
export function trusted(text: string): Markup {
  return new Markup(text)
}

function render(value: Value): string {
  if (value instanceof Markup) return value.text
  if (typeof value === 'object') return value.map(render).join('')
  return escapeHtml(String(value))
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
