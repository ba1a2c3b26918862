import { Global, Module } from '@nestjs/common';
import { ConnectionStats } from '../common/connection-stats.js';
import { RequestStats } from './request-stats.js';

const services = [ConnectionStats, RequestStats];

/** What this process counts of its requests and connections. */
@Global()
@Module({ providers: services, exports: services })
export class HttpModule {}
