import { Column, PrimaryColumn } from 'typeorm';

/** A point in time, stored with the millisecond precision in which the API shows it. */
export const Instant = (options: { nullable?: boolean } = {}) =>
  Column({ type: 'timestamptz', precision: 3, nullable: options.nullable ?? false });

/** The time of insertion, unless given. */
export const CreatedInstant = () => Column({ type: 'timestamptz', precision: 3, default: () => 'now()' });

/** A UUID v7, made by us so that a row's id is known before it is stored. */
export const Id = () => PrimaryColumn('uuid');
