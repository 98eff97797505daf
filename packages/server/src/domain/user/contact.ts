// How a user is reached: the one form in which e-mail addresses are stored and compared.

/** An e-mail address in lower case: whoever looks one up need not know how it was typed. */
export function canonicalEmail(email: string): string {
  return email.toLowerCase()
}
