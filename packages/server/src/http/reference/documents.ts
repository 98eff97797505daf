// The documents of the reference: rendered once, and served with an entity tag.
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Family } from '../../operation/family.ts'
import { describeFamily } from './endpoints.ts'
import { openApiDocument } from './openapi.ts'
import { page, pagePolicy } from './page.ts'
import { fullText, shortText } from './text.ts'

/** A file of the reference as it is served. */
export interface Document {
  body: Buffer
  etag: string
  headers: Readonly<Record<string, string>>
}

/** Every document by its path. @param url where the server listens */
export function renderReference(
  families: readonly Family[],
  url: string,
): ReadonlyMap<string, Document> {
  const local = url.replace(/\/\/(0\.0\.0\.0|\[::\]):/, '//127.0.0.1:')
  const described = families.map((family) => describeFamily(family, local))
  return new Map([
    ...described.map((one) => [openApiPath(one.family), json(openApiText(one.family))] as const),
    ['/docs', html(page(described))],
    ['/llms.txt', plain(shortText(described, local))],
    ['/llms-full.txt', plain(fullText(described, local))],
  ])
}

function openApiPath(family: Family): string {
  return `/openapi/${family.name}.json`
}

/** The OpenAPI document, as the repository keeps it and as servers answer it. */
export function openApiText(family: Family): string {
  return `${JSON.stringify(openApiDocument(describeFamily(family)), null, 2)}\n`
}

/** Answers `paths` by GET and HEAD with what `documents` holds for them. */
export function mountReference(
  server: FastifyInstance,
  families: readonly Family[],
  documents: () => ReadonlyMap<string, Document>,
): void {
  const paths = [...families.map(openApiPath), '/docs', '/llms.txt', '/llms-full.txt']
  for (const path of paths) {
    server.get(path, { exposeHeadRoute: true }, (request, reply) => {
      const document = documents().get(path)
      if (document === undefined) return reply.callNotFound()
      reply.headers({ ...document.headers, etag: document.etag, 'cache-control': 'no-cache' })
      const known =
        request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ??
        []
      return known.includes(document.etag) ? reply.code(304).send() : reply.send(document.body)
    })
  }
}

function documentOf(text: string, headers: Record<string, string>): Document {
  const body = Buffer.from(text, 'utf8')
  const digest = createHash('sha256').update(body).digest('base64url')
  return { body, etag: `"${digest}"`, headers: { ...headers, 'x-content-type-options': 'nosniff' } }
}

const json = (text: string) => documentOf(text, { 'content-type': 'application/json' })

const plain = (text: string) => documentOf(text, { 'content-type': 'text/plain; charset=utf-8' })

const html = (text: string) =>
  documentOf(text, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': pagePolicy,
    'referrer-policy': 'no-referrer',
  })
