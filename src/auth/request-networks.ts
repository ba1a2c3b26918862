import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { commandsNetwork, isLoopback, networkOf } from '../common/network.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { LoopbackUsers, type LoopbackUser } from './loopback-users.js';

/** The parts of a request or handshake that identify its origin; `ip` is the client address behind trusted proxies. */
export interface OriginSource {
  ip: string;
  socket: IncomingMessage['socket'];
}

/** The origin of a request. */
export interface RequestOrigin {
  address: string;
  /** The key by which failed sign-ins and anonymous requests are counted. */
  network: string;
}

/**
 * Determines the origin of requests, and distinguishes clients that share the loopback address: commands with access to the network of
 * the host, other users of the host, and a reverse proxy that forwards requests. Each user of the host counts as a network of its own,
 * and all commands together as one, whatever they claim in `X-Forwarded-For`. So they can neither use up the attempts of others nor
 * pose as a trusted proxy. This works where commands have users of their own; elsewhere they run as the user of Millrace.
 */
@Injectable()
export class RequestNetworks {
  private readonly users = new LoopbackUsers();
  /** The user of each connection, which never changes and is looked up once. */
  private readonly known = new WeakMap<Socket, Promise<LoopbackUser>>();

  constructor(private readonly infrastructure: Infrastructure) {}

  async originOf({ ip, socket }: OriginSource): Promise<RequestOrigin> {
    const direct = socket.remoteAddress;
    // the client has disconnected
    if (direct === undefined) return { address: '', network: networkOf('') };
    const { commandUsers } = this.infrastructure.config;
    // the user would not change the result, and the lookup takes 7 ms, or 60 ms among 4,000 connections
    const isForwarded = !commandUsers && !isLoopback(ip);
    if (!isLoopback(direct) || isForwarded) return { address: ip, network: networkOf(ip) };
    const user = await this.userOf(socket);
    if (user === 'closed' || this.isCommand(user)) return { address: direct, network: commandsNetwork };
    const isOwn = isLoopback(ip) && user !== undefined;
    return { address: ip, network: isOwn ? `host/${user}` : networkOf(ip) };
  }

  /** The network of a connection over loopback that may not have brought a request yet. */
  async networkOnHost(socket: Socket): Promise<string> {
    return (await this.originOf({ ip: socket.remoteAddress ?? '', socket })).network;
  }

  private userOf(socket: Socket): Promise<LoopbackUser> {
    let user = this.known.get(socket);
    if (!user) {
      user = this.users.of(socket);
      this.known.set(socket, user);
    }
    return user;
  }

  private isCommand(user: number | undefined): boolean {
    const { commandUsers } = this.infrastructure.config;
    if (!commandUsers || user === undefined) return false;
    return user >= commandUsers.first && user < commandUsers.first + commandUsers.count;
  }
}
