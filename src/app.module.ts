import { Module, type DynamicModule } from '@nestjs/common';
import { ActivityModule } from './activity/activity.module.js';
import { AgentsModule } from './agents/agents.module.js';
import { AttachmentsModule } from './attachments/attachments.module.js';
import { ExportsModule } from './exports/exports.module.js';
import { ImportsModule } from './imports/imports.module.js';
import { AuthModule } from './auth/auth.module.js';
import { BacklogsModule } from './backlogs/backlogs.module.js';
import { ChecklistsModule } from './checklists/checklists.module.js';
import { ClaimsModule } from './claims/claims.module.js';
import { CommandsModule } from './commands/commands.module.js';
import { CommentsModule } from './comments/comments.module.js';
import { HttpModule } from './http/http.module.js';
import { DocumentsModule } from './documents/documents.module.js';
import { EventsModule } from './events/events.module.js';
import { ExecutionsModule } from './executions/executions.module.js';
import { ExecutorModule } from './executor/executor.module.js';
import { HealthModule } from './health/health.module.js';
import { InfraModule } from './infra/infra.module.js';
import type { Infrastructure } from './infra/infrastructure.js';
import { LabelsModule } from './labels/labels.module.js';
import { McpModule } from './mcp/mcp.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { PersonalTokensModule } from './personal-tokens/personal-tokens.module.js';
import { OutputModule } from './output/output.module.js';
import { ProjectsModule } from './projects/projects.module.js';
import { QueuesModule } from './queues/queues.module.js';
import { WorkersModule } from './workers/workers.module.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { RequestLimitsModule } from './request-limits/request-limits.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { SystemModule } from './system/system.module.js';
import { TasksModule } from './tasks/tasks.module.js';
import { TriggersModule } from './triggers/triggers.module.js';
import { UsersModule } from './users/users.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';
import { WorkspaceModule } from './workspace/workspace.module.js';

@Module({})
export class AppModule {
  static for(infrastructure: Infrastructure): DynamicModule {
    return {
      module: AppModule,
      imports: [
        InfraModule.for(infrastructure),
        HttpModule,
        RequestLimitsModule,
        ActivityModule,
        UsersModule,
        PersonalTokensModule,
        AuthModule,
        ProjectsModule,
        AgentsModule,
        ExecutionsModule,
        OutputModule,
        TasksModule,
        CommentsModule,
        ChecklistsModule,
        DocumentsModule,
        AttachmentsModule,
        ExportsModule,
        ImportsModule,
        LabelsModule,
        ClaimsModule,
        TriggersModule,
        BacklogsModule,
        CommandsModule,
        SessionsModule,
        QueuesModule,
        WorkersModule,
        ExecutorModule,
        ...(infrastructure.role === 'worker' ? [] : [RealtimeModule]),
        WebhooksModule,
        McpModule,
        EventsModule,
        HealthModule,
        SystemModule,
        WorkspaceModule,
        MetricsModule,
      ],
    };
  }
}
