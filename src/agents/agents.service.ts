import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { slugFrom } from '../common/slug.js';
import { PageWindow, type Page } from '../http/pagination.js';
import { checkVersion } from '../http/request.js';
import {
  containing,
  countRows,
  Database,
  uniqueViolation,
  type Queryable,
  type Transaction,
} from '../infra/database.js';
import { Events } from '../infra/events.js';
import { ProjectWrites } from '../projects/project-writes.service.js';
import type { UpdateProject } from '../projects/projects.schema.js';
import { confirmActor, endClaims } from '../users/actor.queries.js';
import {
  isId,
  toAgent,
  type AgentListQuery,
  type AgentRow,
  type AgentView,
  type CreateAgent,
  type UpdateAgent,
} from './agents.schema.js';

const from = `FROM users u JOIN projects p ON p.agent_id = u.id WHERE u.kind = 'agent'`;
const selected = `u.id, u.username AS slug, coalesce(u.full_name, u.username) AS name, p.description, p.key AS prefix, p.id AS project_id,
  p.status AS project_status, u.role, u.disabled, p.created_by, u.created_at, greatest(u.updated_at, p.updated_at) AS updated_at, u.version`;

/** The digits of the number in the refs of an agent's tasks: `MKT-001`. */
const refDigits = 3;

type StoredAgent = AgentRow & { project_status: string } & Record<string, unknown>;

const shown = ({ project_status: _, ...agent }: StoredAgent): AgentView => toAgent(agent);

/** Agents: users that have keys instead of a password, each with a project of its own, which is its backlog. */
@Injectable()
export class AgentsService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectWrites,
    private readonly activity: ActivityLog,
    private readonly events: Events,
  ) {}

  async list(query: AgentListQuery, url: string): Promise<Page<AgentView>> {
    const window = new PageWindow(query, url, [
      ['u.created_at', 'instant'],
      ['u.id', 'id'],
    ]);
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    let listed = query.include_disabled ? from : `${from} AND NOT u.disabled`;
    if (query.search !== undefined) {
      const term = bind(containing(query.search));
      listed += ` AND (u.username ILIKE ${term} OR u.full_name ILIKE ${term} OR p.key ILIKE ${term})`;
    }
    const total = window.total ?? (await countRows(this.database, listed, [...values]));
    const rows = await this.database.query<StoredAgent>(
      `SELECT ${selected} ${listed} AND ${window.after(bind)} ${window.orderBy} ${window.limit(bind)}`,
      values,
    );
    return window.toPage(rows, total, shown);
  }

  /** @param name an id or a slug @throws RESOURCE_NOT_FOUND */
  async get(name: string): Promise<AgentView> {
    return shown(await this.require(name));
  }

  /** Loads an agent, of which anybody may know. @param name an id or a slug @throws RESOURCE_NOT_FOUND */
  async require(name: string, db: Queryable = this.database): Promise<StoredAgent> {
    const agent = await this.find(name, db);
    if (!agent) throw new AppError('RESOURCE_NOT_FOUND', { agent_id: name });
    return agent;
  }

  /** Loads an agent. @param name an id or a slug @returns undefined when there is none */
  async find(name: string, db: Queryable = this.database): Promise<StoredAgent | undefined> {
    const [agent] = await db.query<StoredAgent>(
      `SELECT ${selected} ${from} AND u.${isId(name) ? 'id' : 'username'} = $1`,
      [name],
    );
    return agent;
  }

  /**
   * Creates an agent with its project, of which it is a developer.
   * @throws VALIDATION_ERROR when a slug or a prefix cannot be derived, RESOURCE_ALREADY_EXISTS for a taken one, RESOURCE_LIMIT_EXCEEDED
   */
  async create(actor: Actor, input: CreateAgent): Promise<AgentView> {
    const { name, description, visibility } = input;
    const slug = input.slug ?? slugOf(name);
    const prefix = input.prefix ?? prefixOf(slug);
    const [id, projectId] = [newId(), newId()];
    await this.database
      .transaction(async (tx) => {
        await confirmActor(tx, actor, 'admin');
        await tx.query(
          `INSERT INTO users (id, kind, username, full_name, role) VALUES ($1, 'agent', $2, $3, 'developer')`,
          [id, slug, name],
        );
        this.record(tx, actor, id, {
          action: 'created',
          newValue: { kind: 'agent', username: slug, full_name: name, role: 'developer' },
        });
        const project = { name, description, visibility, settings: {}, resource_limits: {} };
        await this.projects.createIn(tx, actor, projectId, prefix, project, { id, refDigits });
        await tx.query(
          `INSERT INTO project_members (project_id, user_id, role) VALUES ($1, $2, 'developer')`,
          [projectId, id],
        );
      })
      .catch((error: unknown) => {
        const constraint = uniqueViolation(error);
        if (constraint === undefined) throw error;
        const [field, value] = constraint === 'projects_key_key' ? ['prefix', prefix] : ['slug', slug];
        throw new AppError('RESOURCE_ALREADY_EXISTS', { field, value });
      });
    return this.get(id);
  }

  /**
   * Changes an agent and the project that is its backlog. One that is disabled can do nothing, and its project is archived.
   * @throws RESOURCE_NOT_FOUND, VERSION_CONFLICT
   */
  async update(actor: Actor, name: string, input: UpdateAgent, ifMatch?: number): Promise<AgentView> {
    const { version, ...changes } = input;
    const id = await this.database.transaction(async (tx) => {
      const agent = await this.lock(tx, actor, name);
      checkVersion(agent.version, version, ifMatch);
      await this.change(tx, actor, agent, changes);
      return agent.id;
    });
    return this.get(id);
  }

  /** Disables an agent, takes its keys and archives its project. What it has done stays. @throws RESOURCE_NOT_FOUND */
  async remove(actor: Actor, name: string): Promise<{ message: string }> {
    await this.database.transaction(async (tx) => {
      const agent = await this.lock(tx, actor, name);
      await tx.query('DELETE FROM credentials WHERE user_id = $1', [agent.id]);
      await this.change(tx, actor, agent, { disabled: true });
    });
    return { message: 'Agent deleted' };
  }

  private async lock(tx: Transaction, actor: Actor, name: string): Promise<StoredAgent> {
    const { id } = await this.require(name, tx);
    await tx.query('SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE', [id]);
    await confirmActor(tx, actor, 'admin');
    return this.require(id, tx);
  }

  private async change(
    tx: Transaction,
    actor: Actor,
    agent: StoredAgent,
    { name, description, disabled }: Omit<UpdateAgent, 'version'>,
  ): Promise<void> {
    const isDisabled = disabled ?? agent.disabled;
    if (isDisabled && !agent.disabled) await endClaims(tx, agent.id);
    await tx.query(
      `UPDATE users SET full_name = $2, disabled = $3, token_epoch = token_epoch + $4, updated_at = now(), version = version + 1
        WHERE id = $1`,
      [agent.id, name ?? agent.name, isDisabled, isDisabled && !agent.disabled ? 1 : 0],
    );
    const status = isDisabled ? 'archived' : agent.disabled ? 'active' : undefined;
    const changes: Pick<UpdateProject, 'name' | 'description' | 'status'> = {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(status === undefined || status === agent.project_status ? {} : { status }),
    };
    // one that is archived stays as it is until it is active again
    if (Object.keys(changes).length > 0 && !(agent.project_status === 'archived' && status !== 'active'))
      await this.projects.updateIn(tx, actor, agent.project_id, changes);
    this.record(tx, actor, agent.id, {
      action: 'updated',
      oldValue: { full_name: agent.name, disabled: agent.disabled },
      newValue: { full_name: name ?? agent.name, disabled: isDisabled },
    });
    this.events.emitAfter(tx, 'user.changed', { user_id: agent.id });
    if (isDisabled && !agent.disabled)
      this.events.emitAfter(tx, 'user.restricted', { user_id: agent.id, project_id: null });
  }

  private record(
    tx: Transaction,
    actor: Actor,
    entityId: string,
    entry: { action: string; oldValue?: object; newValue?: object },
  ): void {
    this.activity.record(tx, { actor, entityType: 'user', entityId, ...entry });
  }
}

/** Derives the slug of an agent from its name. @throws VALIDATION_ERROR */
function slugOf(name: string): string {
  const slug = slugFrom(name, 64);
  if (slug.length >= 3 && !isId(slug)) return slug;
  throw new AppError('VALIDATION_ERROR', { field: 'slug', issue: 'Send one: the name gives none' });
}

/** Derives a prefix from a slug: its first three letters. @throws VALIDATION_ERROR */
function prefixOf(slug: string): string {
  const prefix = slug
    .replace(/[^a-z]/g, '')
    .slice(0, 3)
    .toUpperCase();
  if (prefix.length >= 2) return prefix;
  throw new AppError('VALIDATION_ERROR', { field: 'prefix', issue: 'Send one: the slug gives none' });
}
