// The published low-level client and the wallet adapters, in both generations, as they are.
import { createRequire } from 'node:module'
import { ApiKeyStamper } from '@turnkey/api-key-stamper'
import * as httpNewest from '@turnkey/http-newest'
import * as httpSeed from '@turnkey/http-seed'
import type { TestClient } from '../../support/client.ts'

export const generations = ['seed', 'newest'] as const
export type Generation = (typeof generations)[number]

/** Both under the older types: of what the tests call, the newest only know more values. */
export const HTTP: Record<Generation, typeof httpSeed> = {
  seed: httpSeed,
  newest: httpNewest as unknown as typeof httpSeed,
}

type Speaker = Pick<TestClient, 'url' | 'key'>

function stamperOf({ key }: Pick<TestClient, 'key'>): ApiKeyStamper {
  return new ApiKeyStamper({
    apiPublicKey: key.publicKey,
    apiPrivateKey: key.privateKey.toString('hex'),
  })
}

export function httpClient(generation: Generation, speaker: Speaker) {
  return new HTTP[generation].TurnkeyClient({ baseUrl: speaker.url }, stamperOf(speaker))
}

/**
 * A client of the very `@turnkey/http` that a package depends on: the older adapters tell what they
 * were given by `instanceof`. Both are CommonJS then, so that there is one class.
 */
export function ownHttpClient(packageName: string, speaker: Speaker) {
  const { resolve } = createRequire(import.meta.url)
  const http = createRequire(resolve(packageName))('@turnkey/http') as typeof httpSeed
  return new http.TurnkeyClient({ baseUrl: speaker.url }, stamperOf(speaker))
}

/** A package in its CommonJS form, which shares its classes with `ownHttpClient`. */
export function requirePackage<Module>(packageName: string): Module {
  return createRequire(import.meta.url)(packageName) as Module
}
