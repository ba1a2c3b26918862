import { Global, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Bus } from './bus.js';
import { ConnectionCounts } from './connection-counts.js';
import { Database } from './database.js';
import { Events } from './events.js';
import { ExecutionQueue } from './execution-queue.js';
import { Infrastructure } from './infrastructure.js';
import { HeavyWork } from './heavy-work.js';
import { IdentityLookups } from './identity-lookups.js';
import { Housekeeping } from './retention/housekeeping.js';
import { Maintenance } from './maintenance.js';
import { RateLimiterFactory } from './rate-limiter-factory.js';
import { Rollups } from './rollups/rollups.js';
import { VitalConnections, WorkerConnections } from './reserved-connections.js';

/** Provides the started infrastructure to all modules. */
@Global()
@Module({})
export class InfraModule {
  static for(infrastructure: Infrastructure): DynamicModule {
    const { database, workerConnections, vitalConnections, bus, events, executionQueue } = infrastructure;
    const providers = [
      { provide: Infrastructure, useValue: infrastructure },
      { provide: Database, useValue: database },
      { provide: WorkerConnections, useValue: workerConnections },
      { provide: VitalConnections, useValue: vitalConnections },
      { provide: Bus, useValue: bus },
      { provide: Events, useValue: events },
      { provide: ExecutionQueue, useValue: executionQueue },
      ConnectionCounts,
      HeavyWork,
      Housekeeping,
      IdentityLookups,
      Maintenance,
      Rollups,
      { provide: RateLimiterFactory, useValue: new RateLimiterFactory(infrastructure.redis) },
    ];
    return {
      module: InfraModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => database.dataSource.options,
          dataSourceFactory: async () => database.dataSource,
        }),
      ],
      providers,
      exports: providers,
    };
  }
}
