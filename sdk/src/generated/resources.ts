// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../http/api.js';
import { ActivityResource } from './resources/activity.js';
import { AgentsResource } from './resources/agents.js';
import { AttachmentsResource } from './resources/attachments.js';
import { AuthResource } from './resources/auth.js';
import { BacklogsResource } from './resources/backlogs.js';
import { ClaimsResource } from './resources/claims.js';
import { CommandsResource } from './resources/commands.js';
import { DocumentsResource } from './resources/documents.js';
import { EventsResource } from './resources/events.js';
import { ExecutionsResource } from './resources/executions.js';
import { HealthResource } from './resources/health.js';
import { LabelsResource } from './resources/labels.js';
import { PersonalAccessTokensResource } from './resources/personalAccessTokens.js';
import { ProjectsResource } from './resources/projects.js';
import { QueuesResource } from './resources/queues.js';
import { SessionsResource } from './resources/sessions.js';
import { SystemResource } from './resources/system.js';
import { TasksResource } from './resources/tasks.js';
import { TriggersResource } from './resources/triggers.js';
import { UsersResource } from './resources/users.js';
import { WebhooksResource } from './resources/webhooks.js';
import { WorkersResource } from './resources/workers.js';
import { WorkspaceResource } from './resources/workspace.js';
import { WorkspacesResource } from './resources/workspaces.js';

/** Every route of Millrace, by resource. */
export class Resources {
  readonly activity: ActivityResource;
  readonly agents: AgentsResource;
  readonly attachments: AttachmentsResource;
  readonly auth: AuthResource;
  readonly backlogs: BacklogsResource;
  readonly claims: ClaimsResource;
  readonly commands: CommandsResource;
  readonly documents: DocumentsResource;
  readonly events: EventsResource;
  readonly executions: ExecutionsResource;
  readonly health: HealthResource;
  readonly labels: LabelsResource;
  readonly personalAccessTokens: PersonalAccessTokensResource;
  readonly projects: ProjectsResource;
  readonly queues: QueuesResource;
  readonly sessions: SessionsResource;
  readonly system: SystemResource;
  readonly tasks: TasksResource;
  readonly triggers: TriggersResource;
  readonly users: UsersResource;
  readonly webhooks: WebhooksResource;
  readonly workers: WorkersResource;
  readonly workspace: WorkspaceResource;
  readonly workspaces: WorkspacesResource;

  constructor(api: Api) {
    this.activity = new ActivityResource(api);
    this.agents = new AgentsResource(api);
    this.attachments = new AttachmentsResource(api);
    this.auth = new AuthResource(api);
    this.backlogs = new BacklogsResource(api);
    this.claims = new ClaimsResource(api);
    this.commands = new CommandsResource(api);
    this.documents = new DocumentsResource(api);
    this.events = new EventsResource(api);
    this.executions = new ExecutionsResource(api);
    this.health = new HealthResource(api);
    this.labels = new LabelsResource(api);
    this.personalAccessTokens = new PersonalAccessTokensResource(api);
    this.projects = new ProjectsResource(api);
    this.queues = new QueuesResource(api);
    this.sessions = new SessionsResource(api);
    this.system = new SystemResource(api);
    this.tasks = new TasksResource(api);
    this.triggers = new TriggersResource(api);
    this.users = new UsersResource(api);
    this.webhooks = new WebhooksResource(api);
    this.workers = new WorkersResource(api);
    this.workspace = new WorkspaceResource(api);
    this.workspaces = new WorkspacesResource(api);
  }
}
