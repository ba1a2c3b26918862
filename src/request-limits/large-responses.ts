import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { accountOf } from '../common/permissions.js';
import { networkOf } from '../common/network.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import type { InTurn } from '../http/json-text.js';
import { closedSignal } from '../http/on-closed.js';
import type { ActorRequest } from '../http/request.js';

/** The queue of large responses, each of which holds its data while it waits. */
const queue = { perUser: 8, inAll: 64, timeoutMs: 10_000 };

/** Serializes large responses one after the other, users in turn: other requests are served between the slices of one, not of many. */
@Injectable()
export class LargeResponses {
  private readonly turns = new TurnsPerUser({ perUser: 1, inAll: 1 }, queue);

  turnOf({ user, ip }: ActorRequest, { raw }: FastifyReply): InTurn {
    return (work) => this.turns.take(user ? accountOf(user) : networkOf(ip), work, closedSignal(raw));
  }
}
