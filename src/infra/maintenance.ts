import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database, type Transaction } from './database.js';
import { Events } from './events.js';

/** An announced period in which no executions start and only administrators may make changes. */
export interface MaintenanceWindow {
  starts_at: string;
  ends_at: string;
  message: string;
}

/** The time until the window is read again. Changes are published on the bus; this bounds the effect of a lost message. */
const refreshMs = 5_000;

@Injectable()
export class Maintenance implements OnModuleInit {
  private window: MaintenanceWindow | undefined;
  private readAt = 0;
  private changes = 0;

  constructor(
    private readonly database: Database,
    private readonly events: Events,
  ) {}

  onModuleInit(): void {
    this.events.on('maintenance.changed', () => {
      this.readAt = 0;
      this.changes += 1;
    });
  }

  /** Returns the window that is announced or in progress; undefined when there is none. */
  async announced(): Promise<MaintenanceWindow | undefined> {
    if (Date.now() - this.readAt > refreshMs) {
      const { changes } = this;
      const [row] = await this.database.query<{ value: MaintenanceWindow }>(
        "SELECT value FROM system_settings WHERE name = 'maintenance'",
      );
      this.window = row?.value;
      // a window that was read before a change must not be cached after it
      if (changes === this.changes) this.readAt = Date.now();
    }
    const over = this.window !== undefined && Date.parse(this.window.ends_at) <= Date.now();
    return over ? undefined : this.window;
  }

  /** Returns the window that is in progress; undefined when there is none. */
  async current(): Promise<MaintenanceWindow | undefined> {
    const window = await this.announced();
    return window && Date.parse(window.starts_at) <= Date.now() ? window : undefined;
  }

  /** Sets the only window; undefined removes it. */
  async set(tx: Transaction, window: MaintenanceWindow | undefined): Promise<void> {
    if (window) {
      await tx.query(
        `INSERT INTO system_settings (name, value) VALUES ('maintenance', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()`,
        [window],
      );
    } else {
      await tx.query("DELETE FROM system_settings WHERE name = 'maintenance'");
    }
    this.readAt = 0;
    this.events.emitAfter(tx, 'maintenance.changed', {});
  }
}
