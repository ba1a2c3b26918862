import { Foundation1795334681413 } from './1795334681413-foundation.js';
import { AnalyticsIndexes1795337000000 } from './1795337000000-analytics-indexes.js';
import { PersonalAccessTokens1795632427032 } from './1795632427032-personal-access-tokens.js';
import { RunLimits1795632529993 } from './1795632529993-run-limits.js';
import { OutputAndSecrets1795634149427 } from './1795634149427-output-and-secrets.js';
import { WebhookTries1795634896396 } from './1795634896396-webhook-tries.js';
import { KeptCounts1795640000000 } from './1795640000000-kept-counts.js';
import { WaitingReasons1795650000000 } from './1795650000000-waiting-reasons.js';
import { CommandUsers1795700000000 } from './1795700000000-command-users.js';
import { AuthSessions1795710000000 } from './1795710000000-auth-sessions.js';
import { UserSlots1795730000000 } from './1795730000000-user-slots.js';
import { UserUsage1795730100000 } from './1795730100000-user-usage.js';
import { SealedWebhookSecrets1795730200000 } from './1795730200000-sealed-webhook-secrets.js';
import { SearchWords1795740000000 } from './1795740000000-search-words.js';
import { LazyCommandUsers1795840000000 } from './1795840000000-lazy-command-users.js';
import { TaskBytes1795840100000 } from './1795840100000-task-bytes.js';
import { TaskNumbers1795850000000 } from './1795850000000-task-numbers.js';
import { RunInActivity1795860000000 } from './1795860000000-run-in-activity.js';
import { OpenSignIns1795870000000 } from './1795870000000-open-sign-ins.js';
import { DropStoredJobs1795880000000 } from './1795880000000-drop-stored-jobs.js';
import { AdmissionInBatches1795890000000 } from './1795890000000-admission-in-batches.js';
import { RequestOfIdempotencyKey1795900000000 } from './1795900000000-request-of-idempotency-key.js';
import { ListIndexes1795910000000 } from './1795910000000-list-indexes.js';
import { Rollups1795920000000 } from './1795920000000-rollups.js';
import { FixedPlans1795930000000 } from './1795930000000-fixed-plans.js';
import { LeanRunWrites1795930100000 } from './1795930100000-lean-run-writes.js';
import { OutputUsage1795930200000 } from './1795930200000-output-usage.js';
import { ActivityOfRequest1795940000000 } from './1795940000000-activity-of-request.js';
import { UnreadTaskIndexes1795950000000 } from './1795950000000-unread-task-indexes.js';
import { DependentsByKey1795960000000 } from './1795960000000-dependents-by-key.js';
import { TaskFields1796000000000 } from './1796000000000-task-fields.js';
import { CommentsAndChecklists1796100000000 } from './1796100000000-comments-and-checklists.js';
import { PlaceByItsLine1796150000000 } from './1796150000000-place-by-its-line.js';
import { Labels1796200000000 } from './1796200000000-labels.js';
import { Documents1796300000000 } from './1796300000000-documents.js';
import { Attachments1796400000000 } from './1796400000000-attachments.js';
import { CredentialsAndAgents1796500000000 } from './1796500000000-credentials-and-agents.js';
import { Claims1796600000000 } from './1796600000000-claims.js';
import { ProjectKeys1796700000000 } from './1796700000000-project-keys.js';
import { ClaimsEndInFullProjects1797100000000 } from './1797100000000-claims-end-in-full-projects.js';
import { LimitsOfKeys1797100100000 } from './1797100100000-limits-of-keys.js';
import { Inputs1797100110000 } from './1797100110000-inputs.js';
import { Triggers1797100120000 } from './1797100120000-triggers.js';
import { Shells1797100200000 } from './1797100200000-shells.js';
import { Artifacts1797100200001 } from './1797100200001-artifacts.js';
import { ConcurrencyGroups1797100300000 } from './1797100300000-concurrency-groups.js';
import { WorkerLabels1797100310000 } from './1797100310000-worker-labels.js';
import { Schedules1797100400000 } from './1797100400000-schedules.js';
import { BoundedWords1797100500000 } from './1797100500000-bounded-words.js';
import { UserIdsOfErasedProjects1797100510000 } from './1797100510000-user-ids-of-erased-projects.js';
import { ErasedProjects1796900000000 } from './1796900000000-erased-projects.js';
import { Imports1797000000000 } from './1797000000000-imports.js';

/** All migrations, in the order in which they run. */
import { ScheduleTurns1797100600000 } from './1797100600000-schedule-turns.js';
import { ArtifactStorage1797100900000 } from './1797100900000-artifact-storage.js';
import { DependentsInOrder1797101000000 } from './1797101000000-dependents-in-order.js';
export const migrations = [
  Foundation1795334681413,
  AnalyticsIndexes1795337000000,
  PersonalAccessTokens1795632427032,
  RunLimits1795632529993,
  OutputAndSecrets1795634149427,
  WebhookTries1795634896396,
  KeptCounts1795640000000,
  WaitingReasons1795650000000,
  CommandUsers1795700000000,
  AuthSessions1795710000000,
  UserSlots1795730000000,
  UserUsage1795730100000,
  SealedWebhookSecrets1795730200000,
  SearchWords1795740000000,
  LazyCommandUsers1795840000000,
  TaskBytes1795840100000,
  TaskNumbers1795850000000,
  RunInActivity1795860000000,
  OpenSignIns1795870000000,
  DropStoredJobs1795880000000,
  AdmissionInBatches1795890000000,
  RequestOfIdempotencyKey1795900000000,
  ListIndexes1795910000000,
  Rollups1795920000000,
  FixedPlans1795930000000,
  LeanRunWrites1795930100000,
  OutputUsage1795930200000,
  ActivityOfRequest1795940000000,
  UnreadTaskIndexes1795950000000,
  DependentsByKey1795960000000,
  TaskFields1796000000000,
  CommentsAndChecklists1796100000000,
  PlaceByItsLine1796150000000,
  Labels1796200000000,
  Documents1796300000000,
  Attachments1796400000000,
  CredentialsAndAgents1796500000000,
  Claims1796600000000,
  ProjectKeys1796700000000,
  ErasedProjects1796900000000,
  Imports1797000000000,
  ClaimsEndInFullProjects1797100000000,
  LimitsOfKeys1797100100000,
  Inputs1797100110000,
  Triggers1797100120000,
  Shells1797100200000,
  Artifacts1797100200001,
  ConcurrencyGroups1797100300000,
  WorkerLabels1797100310000,
  Schedules1797100400000,
  BoundedWords1797100500000,
  UserIdsOfErasedProjects1797100510000,
  ScheduleTurns1797100600000,
  ArtifactStorage1797100900000,
  DependentsInOrder1797101000000,
];
