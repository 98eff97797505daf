// Shows an invitation, makes a passkey and accepts. Runs in the browser; the key is in the fragment.
const byId = (id) => document.getElementById(id)

const base64Url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')

const fromBase64Url = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** The organization and the key `d ‖ x ‖ y` that the link carries; undefined when it is cut off. */
function readLink() {
  const [, organizationId, key] = /^#([0-9a-f-]{36})\.([\w-]{128})$/.exec(location.hash) ?? []
  if (organizationId === undefined) return undefined
  const bytes = fromBase64Url(key)
  const [d, x, y] = [0, 32, 64].map((at) => bytes.slice(at, at + 32))
  return { organizationId, d, x, y }
}

/** ASN.1 DER of a signature that the browser gives as r ‖ s. */
function derSignature(raw) {
  const integer = (bytes) => {
    let start = 0
    while (start < bytes.length - 1 && bytes[start] === 0) start += 1
    const digits = Array.from(bytes.slice(start))
    if (digits[0] > 127) digits.unshift(0)
    return [2, digits.length, ...digits]
  }
  const body = [...integer(raw.slice(0, 32)), ...integer(raw.slice(32))]
  return [48, body.length, ...body]
}

/** The value of X-Stamp: the body signed with the key of the link. */
async function stamp({ d, x, y }, body) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const jwk = { kty: 'EC', crv: 'P-256', d: base64Url(d), x: base64Url(x), y: base64Url(y) }
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']).catch(() => {
    throw new Refused(401, 'the key of the link is none')
  })
  const raw = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(body))
  const value = {
    publicKey: hex([y[31] % 2 === 0 ? 2 : 3, ...x]),
    scheme: 'SIGNATURE_SCHEME_TK_API_P256',
    signature: hex(derSignature(new Uint8Array(raw))),
  }
  return base64Url(new TextEncoder().encode(JSON.stringify(value)))
}

/** A refusal of the server. */
class Refused extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

async function call(link, path, request) {
  const body = JSON.stringify({ organizationId: link.organizationId, ...request })
  // Relative, so that the server may lie below a path.
  const response = await fetch(new URL(`public/v1/${path}`, location.href), {
    method: 'POST',
    body,
    headers: { 'x-stamp': await stamp(link, body) },
  })
  const answer = await response.json()
  if (!response.ok) throw new Refused(response.status, answer.message)
  return answer
}

const TRANSPORTS = new Set(['ble', 'internal', 'nfc', 'usb', 'hybrid'])

/** Lets the device make a passkey, as `authenticator` of the request has it. */
async function makePasskey({ userId, invitation, organizationName }, authenticatorName) {
  const challenge = crypto.getRandomValues(new Uint8Array(32))
  const made = await navigator.credentials.create({
    publicKey: {
      challenge,
      rp: { name: organizationName },
      user: {
        id: new TextEncoder().encode(userId),
        name: invitation.receiverEmail || invitation.receiverUserName,
        displayName: invitation.receiverUserName,
      },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      attestation: 'none',
    },
  })
  const { response } = made
  const transports = (response.getTransports?.() ?? []).filter((name) => TRANSPORTS.has(name))
  return {
    authenticatorName,
    challenge: base64Url(challenge),
    attestation: {
      credentialId: made.id,
      clientDataJson: base64Url(response.clientDataJSON),
      attestationObject: base64Url(response.attestationObject),
      transports: transports.map((name) => `AUTHENTICATOR_TRANSPORT_${name.toUpperCase()}`),
    },
  }
}

function show(title, message, kind = '') {
  byId('title').textContent = title
  byId('message').textContent = message
  byId('message').className = kind
  document.title = title
}

/** The end of the page's work: nothing can be sent any more. */
function finish(title, message, kind) {
  byId('accept').hidden = true
  show(title, message, kind)
  byId('title').focus()
}

const ASK = 'Ask whoever invited you for a new one.'

/** What is wrong, in words for the invitee. */
function explain(error) {
  if (!(error instanceof Refused)) {
    return finish(
      'No connection',
      'The server did not answer. Reload this page to try again.',
      'bad',
    )
  }
  if (error.status === 401 || error.status === 404) {
    const message = `It was taken back, or the link is not whole. ${ASK}`
    return finish('This invitation does not exist', message, 'bad')
  }
  if (error.message === 'invitation has already been accepted') return used()
  if (error.message === 'invitation has expired') return expired()
  return finish('It did not work', `The server says: ${error.message}.`, 'bad')
}

const used = () =>
  finish('This invitation was used', `It works once, and it has been accepted. ${ASK}`, 'bad')

const expired = () => finish('This invitation has expired', ASK, 'bad')

async function accept(link, found) {
  const join = byId('join')
  join.disabled = true
  show('Join', 'Follow what your device asks.')
  let authenticator
  try {
    authenticator = await makePasskey(found, byId('name').value)
  } catch {
    show('Join', 'No passkey was made. You can try again.', 'bad')
    join.disabled = false
    return
  }
  const parameters = {
    invitationId: found.invitation.invitationId,
    userId: found.userId,
    authenticator,
  }
  const type = 'ACTIVITY_TYPE_ACCEPT_INVITATION_V2'
  const request = { type, timestampMs: String(Date.now()), parameters }
  try {
    await call(link, 'submit/accept_invitation', request)
  } catch (error) {
    explain(error)
    return
  }
  history.replaceState(null, '', location.pathname)
  const message = `You are a member of ${found.organizationName}. Your passkey signs you in from now on; you can close this page.`
  finish('Welcome', message, 'good')
}

async function open() {
  const link = readLink()
  if (link === undefined) {
    return finish(
      'This link is not whole',
      'Open the link of the mail again, or copy all of it.',
      'bad',
    )
  }
  if (!window.isSecureContext || window.PublicKeyCredential === undefined) {
    return finish('No passkeys here', 'This browser cannot make passkeys on this page.', 'bad')
  }
  let found
  try {
    found = await call(link, 'query/get_invitation', {})
  } catch (error) {
    return explain(error)
  }
  const { invitation, organizationName, senderUserName, expiresAt } = found
  const expiresMs = Number(expiresAt.seconds) * 1000
  if (invitation.status !== 'INVITATION_STATUS_CREATED') return used()
  if (expiresMs <= Date.now()) return expired()
  byId('organization').textContent = organizationName
  byId('sender').textContent = senderUserName
  const address = invitation.receiverEmail === '' ? '' : ` (${invitation.receiverEmail})`
  byId('receiver').textContent = `${invitation.receiverUserName}${address}`
  byId('expires').textContent = new Date(expiresMs).toLocaleString()
  show(
    `Join ${organizationName}`,
    'A passkey on this device will be your key. No password is needed.',
  )
  byId('accept').hidden = false
  byId('accept').addEventListener('submit', (event) => {
    event.preventDefault()
    void accept(link, found)
  })
  return undefined
}

// The link of another mail, pasted into the same tab.
addEventListener('hashchange', () => location.reload())
void open()
