// Receives webhooks, checks their signatures, and prints them.
//   SECRET=… node examples/receive-webhooks.mjs [PORT]
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const port = Number(process.argv[2] ?? 9000);
const secret = process.env.SECRET ?? '';

createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const given = Buffer.from(String(request.headers['x-signature-256']));
  const genuine = given.length === expected.length && timingSafeEqual(given, expected);
  console.log(`${request.headers['x-event-type']} (signature ${genuine ? 'right' : 'WRONG'}): ${body}`);
  response.writeHead(genuine ? 204 : 401).end();
}).listen(port, '127.0.0.1', () => console.log(`Listening on http://localhost:${port}/`));
