// What the page of the passkey test has to work with: the published browser clients, as they are.
export { Turnkey } from '@turnkey/sdk-browser'
export { WebauthnStamper } from '@turnkey/webauthn-stamper'
