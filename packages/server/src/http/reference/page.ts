// /docs: the whole reference as one HTML page that loads nothing and reads well without scripts.
import { readFileSync } from 'node:fs'
import { type Tag, tagLabels } from '../../operation/tags.ts'
import { contentPolicy } from '../contentPolicy.ts'
import type { Described, Endpoint, EndpointError } from './endpoints.ts'
import { type Field, fieldsOf } from './fields.ts'
import { html, type Markup, trusted } from './markup.ts'

const asset = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
const style = asset('page.css')
const script = asset('page.client.js')

export const pagePolicy = contentPolicy({ style, script }, 'img-src data:')

/** The page of all families. */
export function page(families: readonly Described[]): string {
  const endpoints = families.flatMap((described) => described.endpoints)
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Keystead API reference</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the operations</a>
<aside>
<p class="brand"><a href="#top">Keystead</a> API reference</p>
${filters(endpoints)}
${contents(endpoints)}
</aside>
<main id="main" tabindex="-1">
${families.map((described) => family(described))}
</main>
<script>${trusted(script)}</script>
</body>
</html>
`
  return text
}

/** Words between backticks are code; those that name an operation lead to it. */
function spans(words: string, endpoints: readonly Endpoint[] = []): (Markup | string)[] {
  return words.split('`').map((part, index) => {
    if (index % 2 === 0) return part
    const named = endpoints.find(({ word }) => word === part)
    const code = html`<code>${part}</code>`
    return named === undefined ? code : html`<a href="#${named.operation.name}">${code}</a>`
  })
}

const tagsOf = (endpoints: readonly Endpoint[]): Tag[] => {
  const used = new Set(endpoints.flatMap(({ operation }) => operation.tags))
  return (Object.keys(tagLabels) as Tag[]).filter((tag) => used.has(tag))
}

/** Shown by the script: without it there is nothing to filter with. */
function filters(endpoints: readonly Endpoint[]): Markup {
  const kinds = { all: 'All', query: 'Queries', activity: 'Activities' }
  return html`<form id="filters" role="search" autocomplete="off" hidden>
<label for="search">Search operations</label>
<input id="search" type="search" spellcheck="false" placeholder="sign_raw_payload">
<fieldset><legend>Kind</legend><div class="kinds">${Object.entries(kinds).map(
    ([kind, name]) =>
      html`<label><input type="radio" name="kind" value="${kind}"${
        kind === 'all' ? trusted(' checked') : ''
      }><span>${name}</span></label>`,
  )}</div></fieldset>
<label for="tag">Tag</label>
<select id="tag"><option value="">All tags</option>${tagsOf(endpoints).map(
    (tag) => html`<option value="${tag}">${tagLabels[tag]}</option>`,
  )}</select>
<output id="count" for="search tag" aria-live="polite"></output>
</form>`
}

/** The list of operations, by tag. */
function contents(endpoints: readonly Endpoint[]): Markup {
  const groups = tagsOf(endpoints).map((tag) => {
    const own = endpoints.filter(({ operation }) => operation.tags[0] === tag)
    return own.length === 0
      ? ''
      : html`<div class="group"><h2>${tagLabels[tag]}</h2><ul>${own.map(
          ({ operation, word }) =>
            html`<li data-for="${operation.name}"><a href="#${operation.name}">${word}</a></li>`,
        )}</ul></div>`
  })
  return html`<nav aria-label="Operations">${groups}</nav>`
}

function family(described: Described): Markup {
  const { family: owner, endpoints, schemas, version } = described
  const { title, about, guide } = owner.reference
  return html`<section class="intro" id="top">
<h1>${title}</h1>
<p>${about}</p>
<p class="links">Version ${version} · <a href="/openapi/${owner.name}.json">OpenAPI 3.1</a> ·
<a href="/llms.txt">llms.txt</a> · <a href="/llms-full.txt">llms-full.txt</a></p>
${guide.map(
  (part) =>
    html`<h2>${part.title}</h2>${part.text.map((words) => html`<p>${spans(words, endpoints)}</p>`)}`,
)}
<h2 id="errors">Errors of every operation</h2>
${commonErrors(endpoints)}
${Object.entries(schemas).map(
  ([name, schema]) =>
    html`<h2 id="shape-${name}">Shape: ${name}</h2>${fieldTable(name, fieldsOf(schema))}`,
)}
</section>
${endpoints.map(section)}
<p id="none" hidden>No operation matches.</p>`
}

/** What more than one operation can answer: where, in one table. */
function commonErrors(endpoints: readonly Endpoint[]): Markup {
  const errors = new Map(
    endpoints.flatMap((endpoint) => endpoint.errors.common.map((error) => [error.code, error])),
  )
  const rows = [...errors.values()].map((error) => ({
    error,
    where: where(
      endpoints,
      endpoints.filter(({ errors: { own, common } }) =>
        [...own, ...common].some(({ code }) => code === error.code),
      ),
    ),
  }))
  return html`<table class="errors"><caption>Errors of every operation</caption>
<thead><tr><th scope="col">Status</th><th scope="col">Error</th><th scope="col">Message</th><th scope="col">Where</th></tr></thead>
<tbody>${rows.map(
    ({ error, where: place }) => html`<tr>${errorCells(error)}<td>${place}</td></tr>`,
  )}</tbody></table>`
}

function where(all: readonly Endpoint[], some: readonly Endpoint[]): string {
  if (some.length === all.length) return 'everywhere'
  const submitted = all.filter(({ operation }) => operation.kind !== 'query')
  const sameKind = some.length === submitted.length && some.every((one) => submitted.includes(one))
  return sameKind ? 'activities' : some.map(({ word }) => word).join(', ')
}

const errorCells = ({ status, code, message }: EndpointError) =>
  html`<td>${status}</td><td><code>${code}</code></td><td>${message}</td>`

function section(endpoint: Endpoint): Markup {
  const { operation, word, documentUrl } = endpoint
  const { name, path, summary, kind, tags } = operation
  const words = [name, word, summary, path, ...endpoint.types].join(' ').toLowerCase()
  return html`<section class="operation" id="${name}" data-kind="${
    kind === 'query' ? 'query' : 'activity'
  }" data-tags="${tags.join(' ')}" data-words="${words}" aria-labelledby="${name}-title">
<h2 id="${name}-title"><a href="#${name}">${word}</a> <span class="name">${name}</span></h2>
<p class="summary">${summary}.</p>
<p class="path"><b>POST</b> <code>${path}</code></p>
<p class="facts"><span class="kind">${kind}</span>${tags.map(
    (tag) => html` <span class="tag">${tagLabels[tag]}</span>`,
  )} <a href="${documentUrl}" rel="noreferrer">${operation.spec}</a></p>
${types(endpoint)}
<h3>Request</h3>
${fieldTable(`Fields of ${word}`, endpoint.request.fields)}
${older(endpoint)}
<h3>Sample</h3>
${samples(endpoint)}
<h3>Answer</h3>
${answer(endpoint)}
<h3>Errors</h3>
${ownErrors(endpoint)}
</section>`
}

function types({ types: accepted }: Endpoint): Markup | '' {
  if (accepted.length === 0) return ''
  return html`<p class="types">Types accepted, newest first: ${accepted.map(
    (type) => html`<code>${type}</code> `,
  )}</p>`
}

function older({ older: versions, answer: { path } }: Endpoint): Markup[] {
  return versions.map(({ type, resultPath, fields }) => {
    const result =
      resultPath === path ? '' : html` Its result is <code>${resultPath}</code>, in its own shape.`
    return fields.length === 0
      ? html`<p><code>${type}</code> takes the same parameters.${result}</p>`
      : html`<details><summary><code>${type}</code> takes other parameters</summary>${fieldTable(
          `Parameters of ${type}`,
          fields,
        )}${result}</details>`
  })
}

function samples({ operation, samples: { call, curl }, request }: Endpoint): Markup {
  const placeholder = operation.kind === 'query' && operation.findsCaller
  return html`<p>From the folder of the server, in a shell.${
    placeholder ? '' : ' Ids, keys and addresses are examples: put yours in their place.'
  }</p>
${block('Sample with keystead call', call)}
<p>The same as a line of curl, which <code>keystead request --no-post</code> stamps and prints:</p>
${block('Sample with curl', curl)}
<details><summary>The body</summary>${block('Body', json(request.example))}</details>`
}

function answer({ operation, answer: { within, path, fields, example } }: Endpoint): Markup {
  const inside =
    within === null
      ? ''
      : html`<p>${operation.kind === 'vote' ? 'The activity voted on' : 'The activity'}: <a
href="#shape-${within}">${within}</a>.${
          path === '' ? '' : html` Once it is completed, its result is <code>${path}</code>.`
        }</p>`
  return html`${inside}${
    fields.length === 0 ? '' : fieldTable(`Answer of ${operation.name}`, fields)
  }<details><summary>Example of an answer</summary>${block('Answer', json(example))}</details>`
}

function ownErrors({ word, errors }: Endpoint): Markup {
  const rows = errors.own.map((error) => html`<tr>${errorCells(error)}</tr>`)
  const table =
    rows.length === 0
      ? ''
      : html`<table class="errors"><caption>Errors of ${word}</caption>
<thead><tr><th scope="col">Status</th><th scope="col">Error</th><th scope="col">Message</th></tr></thead>
<tbody>${rows}</tbody></table>`
  return html`${table}<p>${rows.length === 0 ? 'The' : 'And the'} <a href="#errors">errors of every
operation</a>.</p>`
}

function fieldTable(caption: string, fields: readonly Field[]): Markup {
  if (fields.length === 0) return html`<p>No fields.</p>`
  return html`<table class="fields"><caption>${caption}</caption>
<thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Required</th><th scope="col">Bounds and values</th></tr></thead>
<tbody>${fields.map(fieldRow)}</tbody></table>`
}

function fieldRow({ path, type, required, bounds, values, description }: Field): Markup {
  const at = path.lastIndexOf('.') + 1
  return html`<tr><th scope="row"><code><span>${path.slice(0, at)}</span>${path.slice(at)}</code></th>
<td>${type}</td><td>${required ? 'required' : 'optional'}</td><td>${
    description === '' ? '' : html`<p>${spans(description)}</p>`
  }${bounds === '' ? '' : html`<p>${bounds}</p>`}${valueList(values)}</td></tr>`
}

const VALUES_SHOWN_MAX = 12

function valueList(values: readonly string[]): Markup | '' {
  if (values.length === 0) return ''
  const items = html`<ul>${values.map((value) => html`<li><code>${value}</code></li>`)}</ul>`
  return values.length <= VALUES_SHOWN_MAX
    ? items
    : html`<details><summary>one of ${values.length} values</summary>${items}</details>`
}

const block = (label: string, text: string) =>
  html`<div class="block"><pre tabindex="0" aria-label="${label}"><code>${text}</code></pre></div>`

const json = (value: unknown) => JSON.stringify(value, null, 2)
