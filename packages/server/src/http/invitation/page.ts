// /invitations: the page that a mailed link opens. It knows nothing by itself: its script asks.
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { contentPolicy } from '../contentPolicy.ts'

const asset = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
const style = asset('page.css')
const script = asset('page.client.js')

const page = Buffer.from(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Invitation</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<p class="brand">Keystead</p>
<h1 id="title" tabindex="-1">Invitation</h1>
<p id="message" role="status">One moment…</p>
<form id="accept" hidden>
<dl>
<dt>Organization</dt><dd id="organization"></dd>
<dt>Invited by</dt><dd id="sender"></dd>
<dt>You join as</dt><dd id="receiver"></dd>
<dt>Valid until</dt><dd id="expires"></dd>
</dl>
<label for="name">Name of this passkey</label>
<input id="name" maxlength="255" required value="My passkey" autocomplete="off">
<button id="join">Make a passkey and join</button>
</form>
<noscript><p>This page needs JavaScript to make a passkey.</p></noscript>
</main>
<script type="module">${script}</script>
</body>
</html>
`)

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': contentPolicy(
    { style, script },
    "connect-src 'self'",
    'img-src data:',
  ),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
}

export function mountInvitationPage(server: FastifyInstance): void {
  server.get('/invitations', { exposeHeadRoute: true }, (_request, reply) =>
    reply.headers(headers).send(page),
  )
}
