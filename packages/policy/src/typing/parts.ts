// The parts of a term.
import type { Keyword } from './schema.ts'
import type { Checked, Term } from './term.ts'

/** The keywords that an expression names, each once; whether it reaches them depends on the request. */
export function keywordsOf({ term }: Checked): Keyword[] {
  const found = partsOf(term).flatMap((part) => (part.op === 'keyword' ? [part.keyword] : []))
  return [...new Set(found)]
}

/** The term and all in it, in the order of the text. */
export function partsOf(term: Term): Term[] {
  return [term, ...directParts(term).flatMap(partsOf)]
}

function directParts(term: Term): readonly Term[] {
  switch (term.op) {
    case 'literal':
    case 'keyword':
    case 'variable':
      return []
    case 'member':
      return [term.target]
    case 'key':
      return [term.target, term.key]
    case 'index':
      return [term.target, term.index]
    case 'slice':
      return [term.target, term.from, term.to]
    case 'list':
      return term.items
    case 'struct':
      return term.values
    case 'not':
    case 'as':
      return [term.operand]
    case 'and':
    case 'or':
      return term.operands
    case 'compare':
      return [term.left, term.right]
    case 'contains':
      return term.itemFirst ? [term.item, term.list] : [term.list, term.item]
    case 'count':
      return [term.list]
    case 'each':
      return [term.list, term.body]
  }
}
