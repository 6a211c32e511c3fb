// One piece of work of a queue in BullMQ: `node work.mjs PORT QUEUE WORK CALLERS MESSAGES`.
// Prints what it took as JSON. WORK is `add`, `bulk` (50 at a time) or `process`.

import { Queue, Worker } from 'bullmq'

const [port, name, work, callers, messages] = process.argv.slice(2).map((it, at) => (at === 0 || at > 2 ? Number(it) : it))
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
const body = { text: 'x'.repeat(190) }
const options = { removeOnComplete: true }
const job = { name: 'work', data: body, opts: options }
const BULK = 50

const queue = new Queue(name, { connection, defaultJobOptions: options })
await queue.waitUntilReady()

async function addAll(count, atOnce) {
  for (let added = 0; added < count; added += atOnce) {
    await queue.addBulk(Array(Math.min(atOnce, count - added)).fill(job))
  }
}

// What each caller does until nothing is left to do; how long each waited for each answer.
async function call(operations, operation) {
  let next = 0
  const waits = []
  const caller = async () => {
    while (next < operations) {
      next += 1
      const asked = performance.now()
      await operation()
      waits.push(performance.now() - asked)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return waits
}

let worker
let run
if (work === 'process') {
  await addAll(messages, 1000)
  let done = 0
  let finish
  const finished = new Promise(resolve => { finish = resolve })
  worker = new Worker(name, async () => {}, { connection, concurrency: callers, autorun: false })
  await worker.waitUntilReady()
  worker.on('completed', () => {
    done += 1
    if (done === messages) finish()
  })
  run = async () => {
    worker.run()
    await finished
    return []
  }
} else if (work === 'bulk') {
  run = () => call(messages / BULK, () => queue.addBulk(Array(BULK).fill(job)))
} else {
  run = () => call(messages, () => queue.add('work', body))
}

const cpu = process.cpuUsage()
const began = performance.now()
const waits = await run()
const seconds = (performance.now() - began) / 1000
const { user, system } = process.cpuUsage(cpu)
waits.sort((left, right) => left - right)
const at = part => (waits.length ? waits[Math.floor(waits.length * part)] * 1000 : null)
console.log(JSON.stringify({ seconds, cpu_us: user + system, p50_us: at(0.5), p99_us: at(0.99) }))

await worker?.close()
await queue.obliterate({ force: true })
await queue.close()
