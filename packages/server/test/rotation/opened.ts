// The root keys as each seal of a new instance opens them.
import type { Config } from '../../src/config.ts'
import type { RootKeys } from '../../src/domain/keyvault/rootKeys.ts'
import { type Opener, openerOfFile, openerOfWords, openWith } from '../../src/host/unsealing.ts'
import type { Store } from '../../src/store/engine.ts'

interface Place {
  store: Store
  config: Config
}

export function openByFile(place: Place): Promise<RootKeys> {
  return openBy(place, openerOfFile(place.config.sealFile))
}

export function openByWords(place: Place, words: string): Promise<RootKeys> {
  return openBy(place, openerOfWords(words))
}

async function openBy(place: Place, opener: Opener): Promise<RootKeys> {
  const opened = await openWith(place, opener)
  if (opened === undefined) throw new Error(`the ${opener.kind} seal does not open`)
  return opened.rootKeys
}
