import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { commandsNetwork, isLoopback, networkOf } from '../common/network.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { LoopbackUsers, type LoopbackUser } from './loopback-users.js';

/** A request with the address that it comes from, behind those proxies that are trusted. */
export interface Sent {
  ip: string;
  socket: IncomingMessage['socket'];
}

/** Where a request comes from. */
export interface RequestOrigin {
  address: string;
  /** What failed sign-ins and anonymous requests are counted by. */
  network: string;
}

/**
 * Tells apart who shares the loopback address: commands that have the network of the host, other users of the host, and what a
 * reverse proxy on it passes on. Each user of the host is a network of its own, and all commands together are one, whatever they
 * claim in `X-Forwarded-For`: so they cannot use up the tries of others, nor speak as a proxy that is trusted. That holds where
 * commands have users of their own; elsewhere they are the user that runs Millrace.
 */
@Injectable()
export class RequestNetworks {
  private readonly users = new LoopbackUsers();
  /** A connection keeps its user, so it is looked up once. */
  private readonly known = new WeakMap<Socket, Promise<LoopbackUser>>();

  constructor(private readonly infrastructure: Infrastructure) {}

  async originOf({ ip, socket }: Sent): Promise<RequestOrigin> {
    const direct = socket.remoteAddress;
    // it has hung up
    if (direct === undefined) return { address: '', network: networkOf('') };
    const { commandUsers } = this.infrastructure.config;
    // nothing would come of the look: it takes 7 ms, and 60 ms among 4,000 connections
    const isPassedOn = !commandUsers && !isLoopback(ip);
    if (!isLoopback(direct) || isPassedOn) return { address: ip, network: networkOf(ip) };
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
