import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ExecutionsModule } from '../executions/executions.module.js';
import { HealthModule } from '../health/health.module.js';
import { OutputModule } from '../output/output.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { AccessWatch } from './access-watch.js';
import { Audiences } from '../projects/audiences.js';
import { ClientLimits } from './client-limits.js';
import { ConnectionAuthenticator } from './connection-authenticator.js';
import { Connections } from './connections.js';
import { EventRouter } from './event-router.js';
import { IncomingMessages } from './incoming-messages.js';
import { MessageErrorFilter } from './message-error.filter.js';
import { MessageGuard } from './message.guard.js';
import { MessageTurns } from './message-turns.interceptor.js';
import { OutputPump } from './output-pump.js';
import { PerformanceMeter } from './performance-meter.js';
import { RealtimeAdapter } from './realtime.adapter.js';
import { RealtimeEvents } from './realtime-events.js';
import { RealtimeGateway } from './realtime.gateway.js';
import { SocketIoTransport } from './socket-io-transport.js';
import { Subscribers } from './subscribers.js';
import { SubscriptionsService } from './subscriptions.service.js';
import { WebSocketTransport } from './websocket-transport.js';

@Module({
  imports: [AuthModule, HealthModule, ProjectsModule, ExecutionsModule, OutputModule, TasksModule],
  providers: [
    AccessWatch,
    Audiences,
    ClientLimits,
    ConnectionAuthenticator,
    Connections,
    EventRouter,
    IncomingMessages,
    MessageErrorFilter,
    MessageGuard,
    MessageTurns,
    OutputPump,
    PerformanceMeter,
    RealtimeAdapter,
    RealtimeEvents,
    RealtimeGateway,
    SocketIoTransport,
    Subscribers,
    SubscriptionsService,
    WebSocketTransport,
  ],
})
export class RealtimeModule {}
