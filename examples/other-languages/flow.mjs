// A shop's charge and a transfer, from end to end, against the sandbox: Node 18 or later, no packages.
// The environment is what `djamo sandbox start` prints. Nothing here is special to the sandbox but /pay.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'

const { DJAMO_API_URL, DJAMO_ACCESS_TOKEN, DJAMO_COMPANY_ID, DJAMO_WEBHOOK_SECRET } = process.env

async function call(method, path, body) {
  const answer = await fetch(DJAMO_API_URL + path, {
    method,
    headers: {
      Authorization: `Bearer ${DJAMO_ACCESS_TOKEN}`,
      'X-Company-Id': DJAMO_COMPANY_ID,
      ...(body && { 'Content-Type': 'application/json' }),
    },
    body: body && JSON.stringify(body),
  })
  const result = await answer.json()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${result.message}`)
  return result
}

// The signature is over the raw bytes: a body that was parsed and encoded again has another one.
function verified(raw, signature = '') {
  const expected = createHmac('sha256', DJAMO_WEBHOOK_SECRET).update(raw).digest()
  const given = Buffer.from(signature, 'base64')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

const seen = new Map() // "topic id" to status: deliveries repeat
const waiting = []
const receiver = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const raw = Buffer.concat(chunks)
  if (!verified(raw, request.headers['x-djamo-hmac-sha256'])) return response.writeHead(401).end()
  const { topic, data } = JSON.parse(raw)
  seen.set(`${topic} ${data.id}`, data.status)
  response.writeHead(204).end()
  waiting.splice(0).forEach((wake) => wake())
})
receiver.listen(0, '127.0.0.1')
await once(receiver, 'listening')
const url = `http://127.0.0.1:${receiver.address().port}/webhooks/djamo`

async function webhook(topic, id, status) {
  while (seen.get(`${topic} ${id}`) !== status) await new Promise((wake) => waiting.push(wake))
  console.log(`webhook ${topic}: ${status}`)
}

for (const topic of ['charge/events', 'transactions/started']) await call('POST', '/v1/webhooks', { topic, url })

const externalId = process.argv[2] ?? 'order-7'
const charge = await call('POST', '/v1/charges', {
  amount: 25000, currency: 'XOF', externalId, description: 'Commande de 2 produits',
  onCompletedRedirectionUrl: 'https://shop.example/done', onCanceledRedirectionUrl: 'https://shop.example/back',
})
console.log(`charge ${charge.externalId}: ${charge.status}`)
await call('POST', `/v1/charges/${charge.id}/pay`, { recipientMsisdn: '2250747000000' })
await webhook('charge/events', charge.id, 'paid')
const { data: charges } = await call('GET', '/v1/charges?limit=10')
console.log(`listed: ${charges.some(({ id }) => id === charge.id)}`)
await call('POST', `/v1/charges/${charge.id}/refund`, { amount: 5000 })
await webhook('charge/events', charge.id, 'refunded_partially')
await call('POST', `/v1/charges/${charge.id}/refund`, {})
await webhook('charge/events', charge.id, 'refunded')
console.log(`refunded: ${(await call('GET', `/v1/charges/${charge.id}`)).refunded}`)

// The reference is the key: after a lost answer look it up, and send again with the same reference only.
const reference = `payout-${externalId}`
const payment = { msisdn: '+2250748710523', amount: 15000, reference, type: 'transfer', description: 'Salaire de juin' }
const transfer = await call('POST', '/v1/transactions', payment)
await webhook('transactions/started', transfer.id, 'pending')
const again = await call('POST', '/v1/transactions', payment).catch((error) => error.message)
console.log(`sent twice: ${again}`)
const { data: found } = await call('GET', `/v1/transactions?reference=${encodeURIComponent(reference)}`)
console.log(`found: ${found.length} of ${found[0].amount} francs`)
receiver.close()
receiver.closeAllConnections()
