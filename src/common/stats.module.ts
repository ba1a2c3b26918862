import { Global, Module } from '@nestjs/common';
import { ConnectionStats } from './connection-stats.js';
import { RequestStats } from './request-stats.js';

/** What this process counts of itself. */
@Global()
@Module({ providers: [ConnectionStats, RequestStats], exports: [ConnectionStats, RequestStats] })
export class StatsModule {}
