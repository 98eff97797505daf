// Reads a system call trace: does each answer leave after a sync that began after its request?

/** What was found: how many answers were looked at, and those that left too early. */
export interface OrderVerdict {
  answers: number
  early: string[]
}

interface Call {
  thread: string
  name: string
  /** From the first argument on. */
  text: string
  /** Numbers of the lines on which it began and ended. */
  begin: number
  end: number
}

const WHOLE = /^(\d+) +[\d.]+ (\w+)\((.*)$/
const RESUMED = /^(\d+) +[\d.]+ <\.\.\. (\w+) resumed>(.*)$/
const UNFINISHED = ' <unfinished ...>'

/** System calls in order of their beginning. A call may be printed in two halves. */
function readCalls(trace: string): Call[] {
  const calls: Call[] = []
  const open = new Map<string, Call>()
  for (const [index, line] of trace.split('\n').entries()) {
    const resumed = RESUMED.exec(line)
    const [, thread = '', name = '', text = ''] = resumed ?? WHOLE.exec(line) ?? []
    if (resumed !== null) {
      const call = open.get(`${thread} ${name}`)
      if (call !== undefined) Object.assign(call, { text: call.text + text, end: index })
      open.delete(`${thread} ${name}`)
    } else if (text.endsWith(UNFINISHED)) {
      const begun = text.slice(0, -UNFINISHED.length)
      const call = { thread, name, text: begun, begin: index, end: Number.POSITIVE_INFINITY }
      calls.push(call)
      open.set(`${thread} ${name}`, call)
    } else if (name !== '') calls.push({ thread, name, text, begin: index, end: index })
  }
  return calls
}

const SYNCS = ['fsync', 'fdatasync']
const SOCKET = /<TCP[^>]*\[([^\]]*->[^\]]*)\]/

/** Whether the call is on SQLite's write-ahead log. */
const onLog = ({ text }: Call) => /^\d+<[^>]*-wal[^>]*>/.test(text)

/**
 * Checks every answer 200 to a submission: between the request's arrival and the answer, the same
 * thread wrote to the log, and then a sync of the log began and ended.
 */
export function checkOrder(trace: string): OrderVerdict {
  const calls = readCalls(trace)
  const waiting = new Map<string, Call>()
  const verdict: OrderVerdict = { answers: 0, early: [] }
  for (const call of calls) {
    const socket = SOCKET.exec(call.text)?.[1]
    if (socket === undefined) continue
    if (call.text.includes('"POST /public/v1/submit/')) waiting.set(socket, call)
    const request = waiting.get(socket)
    if (request === undefined || !call.text.includes('"HTTP/1.1 200 OK')) continue
    waiting.delete(socket)
    verdict.answers++
    if (!isDurable(calls, request, call)) verdict.early.push(`line ${call.begin + 1}: ${socket}`)
  }
  return verdict
}

function isDurable(calls: readonly Call[], request: Call, answer: Call): boolean {
  const between = calls.filter(
    ({ thread, begin, end }) =>
      thread === answer.thread && begin > request.end && end < answer.begin,
  )
  const written = between.find((call) => call.name === 'pwrite64' && onLog(call))
  if (written === undefined) return false
  return between.some(
    (call) =>
      SYNCS.includes(call.name) &&
      onLog(call) &&
      call.begin > written.end &&
      /\) += 0$/.test(call.text),
  )
}
