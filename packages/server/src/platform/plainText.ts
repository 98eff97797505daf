// Text that databases and logs can hold.

/** Whether `text` is well-formed and without control characters. */
export function isPlainText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return text.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(text)
}
