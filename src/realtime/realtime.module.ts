import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ExecutionsModule } from '../executions/executions.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { AccessWatch } from './access-watch.js';
import { Audiences } from './audiences.js';
import { Connections } from './connections.js';
import { Doorkeeper } from './doorkeeper.js';
import { EventRouter } from './event-router.js';
import { Handlers } from './handlers.js';
import { HandshakeLimits } from './handshake-limits.js';
import { Hub } from './hub.js';
import { OutputPump } from './output-pump.js';
import { PerformanceMeter } from './performance-meter.js';
import { RealtimeGateway } from './realtime.gateway.js';
import { SocketIoTransport } from './socket-io-transport.js';
import { Subscribers } from './subscribers.js';
import { SubscriptionsService } from './subscriptions.service.js';
import { WebSocketTransport } from './websocket-transport.js';

@Module({
  imports: [AuthModule, ProjectsModule, ExecutionsModule, TasksModule],
  providers: [
    AccessWatch,
    Audiences,
    HandshakeLimits,
    Connections,
    Doorkeeper,
    EventRouter,
    Handlers,
    Hub,
    OutputPump,
    PerformanceMeter,
    RealtimeGateway,
    SocketIoTransport,
    Subscribers,
    SubscriptionsService,
    WebSocketTransport,
  ],
})
export class RealtimeModule {}
