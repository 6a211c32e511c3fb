// One expression in adaptive-expressions, parsed once: `node work.mjs NAME NUMBER EVALUATIONS`.
// Prints what it came to and what it took as JSON.

import adaptive from 'adaptive-expressions'

const [name, number, evaluations] = process.argv.slice(2)
const text = "concat(toUpper(triggerBody.name), '-', string(add(variables.n, 1)))"
const expression = adaptive.Expression.parse(text)
const scope = { triggerBody: { id: 7, name }, variables: { n: Number(number) } }

function evaluate(times) {
  let last
  for (let done = 0; done < times; done += 1) last = expression.tryEvaluate(scope).value
  return last
}

evaluate(Number(evaluations) / 10)
const cpu = process.cpuUsage()
const began = performance.now()
const value = evaluate(Number(evaluations))
const seconds = (performance.now() - began) / 1000
const { user, system } = process.cpuUsage(cpu)
console.log(JSON.stringify({ value, seconds, cpu_us: user + system }))
