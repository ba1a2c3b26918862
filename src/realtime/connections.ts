import { Injectable } from '@nestjs/common';
import type { Connection } from './connection.js';

/** The open connections of this process. */
@Injectable()
export class Connections extends Set<Connection> {
  ofUser(userId: string): Connection[] {
    return [...this].filter(({ identity }) => identity?.id === userId);
  }
}
