import { z } from 'zod';
import { instant } from '../common/fields.js';

const status = z.enum(['healthy', 'unhealthy']);

export const healthSchema = z
  .object({
    status,
    timestamp: instant,
    uptime: z.number().min(0).meta({ description: 'Seconds since the process started' }),
    version: z.string(),
  })
  .meta({ id: 'Health' });

export const livenessSchema = z
  .object({ status: z.literal('alive'), timestamp: instant })
  .meta({ id: 'Liveness' });

export const readinessSchema = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    reasons: z
      .array(z.enum(['draining', 'database', 'migrations', 'redis', 'bus', 'launcher']))
      .meta({ description: 'The reasons why this process is not ready; empty when it is', examples: [[]] }),
    timestamp: instant,
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.output<typeof readinessSchema>;

const figure = z.number().min(0);
export const detailedHealthSchema = z
  .object({
    status,
    timestamp: instant,
    checks: z.object({
      database: z.object({
        status,
        response_time: figure.nullable().meta({ description: 'Milliseconds' }),
        connections: z.object({ active: z.int(), idle: z.int(), total: z.int() }),
      }),
      redis: z.object({
        status: z.enum(['healthy', 'unhealthy', 'disabled']),
        memory_usage: z.string().nullable(),
        connected_clients: z.int().nullable(),
      }),
      websocket: z.object({
        status,
        active_connections: z.int(),
        avg_latency: figure
          .nullable()
          .meta({ description: 'The round-trip time of WebSocket pings in milliseconds' }),
      }),
    }),
    metrics: z.object({
      requests_per_minute: figure,
      average_response_time: figure.nullable().meta({ description: 'Milliseconds in the last minute' }),
      error_rate: figure
        .max(1)
        .meta({ description: 'The share of responses with status 500 or more in the last minute' }),
    }),
  })
  .meta({ id: 'DetailedHealth' });
export type DetailedHealth = z.output<typeof detailedHealthSchema>;
