// A shop to try in a browser, against the sandbox: order, checkout, back to the shop, webhook. Node 18 or later, no packages.
// The environment is what `djamo sandbox start` prints. PORT is where the shop listens: 3000 without it.
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'

const { DJAMO_API_URL, DJAMO_ACCESS_TOKEN, DJAMO_COMPANY_ID, DJAMO_WEBHOOK_SECRET, PORT = '3000' } = process.env
for (const [name, value] of Object.entries({ DJAMO_API_URL, DJAMO_ACCESS_TOKEN, DJAMO_COMPANY_ID, DJAMO_WEBHOOK_SECRET })) {
  if (value) continue // an empty secret would verify what anybody signs with it
  console.error(`${name} is not set: paste the export line that the sandbox prints, and start again`)
  process.exit(1)
}

async function call(method, path, body) {
  const answer = await fetch(DJAMO_API_URL + path, {
    method,
    headers: {
      Authorization: `Bearer ${DJAMO_ACCESS_TOKEN}`,
      'X-Company-Id': DJAMO_COMPANY_ID,
      'Content-Type': 'application/json',
    },
    body: body && JSON.stringify(body),
  })
  const result = await answer.json()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${result.message}`)
  return result
}

const orders = new Map() // external id to what the shop knows of it

// The browser comes back before the webhook, after it, or never: what it says proves nothing, so goods leave after the webhook.
async function order(response) {
  const id = `order-${randomUUID()}`
  const page = `${shop}/orders/${id}`
  const charge = await call('POST', '/v1/charges', {
    amount: 9000, externalId: id, description: 'Deux cahiers', onCompletedRedirectionUrl: page, onCanceledRedirectionUrl: page,
  })
  orders.set(id, charge.status)
  console.log(`${id}: ${charge.status}`)
  response.writeHead(303, { Location: charge.paymentUrl }).end()
}

async function webhook(request, response) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const raw = Buffer.concat(chunks) // the signature is over these bytes: a body that was parsed and encoded again has another one
  const expected = createHmac('sha256', DJAMO_WEBHOOK_SECRET).update(raw).digest()
  const given = Buffer.from(request.headers['x-djamo-hmac-sha256'] ?? '', 'base64')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return response.writeHead(401).end()
  const { data } = JSON.parse(raw)
  const charge = await call('GET', `/v1/charges/${data.id}`) // deliveries repeat and overtake each other: the API knows best
  if (orders.has(charge.externalId)) orders.set(charge.externalId, charge.status)
  console.log(`${charge.externalId}: ${charge.status}`)
  response.writeHead(204).end()
}

function show(response, status, text) {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' })
  response.end(`<!doctype html><meta name="viewport" content="width=device-width"><title>Shop</title><h1>Shop</h1>
<p>${text}</p><form method="post" action="/orders"><button>Order two exercise books for 9000 F</button></form>`)
}

async function answer(request, response) {
  const [, first, id] = new URL(request.url, 'http://shop').pathname.split('/') // Djamo may add a query to the address
  if (request.method === 'POST' && first === 'webhooks') return webhook(request, response)
  if (request.method === 'POST' && first === 'orders') return order(response)
  if (first === 'orders' && orders.has(id)) {
    return show(response, 200, `Your order is ${orders.get(id)}. Load the page again to see what became of it.`)
  }
  return show(response, first ? 404 : 200, first ? 'There is no such page.' : 'Welcome.')
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error.message)
    if (!response.headersSent) show(response, 502, 'The payment cannot be made at the moment.')
  })
})
server.listen(Number(PORT), '127.0.0.1')
await once(server, 'listening')
const shop = `http://127.0.0.1:${server.address().port}`
await call('POST', '/v1/webhooks', { topic: 'charge/events', url: `${shop}/webhooks/djamo` })
console.log(`Open ${shop}`)
