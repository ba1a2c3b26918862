/** The most characters of a field that a history shows. */
const mostShown = 1024;
/** Fields that can be longer; a value without any of them is shown as it is, which costs nothing. */
const longFields =
  '{command,description,environment,inputs,metadata,settings,old_settings,changes,result,blocker,project_path,template}';

/**
 * Builds the SQL expression for an old or new value of the activity log as histories show it. A history repeats the values of each change,
 * so fields longer than 1 KiB are truncated, and environments, which only the task itself shows, are omitted; `truncated` names such
 * fields. An environment, of up to 6 MB, is not even converted to text to be measured. Restore and replay read the columns as they are.
 * @param column the name of a jsonb column
 */
export const shownValue = (column: string) => `CASE
  WHEN jsonb_typeof(${column}) = 'object' AND jsonb_exists_any(${column}, '${longFields}') THEN (
    SELECT coalesce(jsonb_object_agg(f.key, CASE WHEN f.is_long THEN to_jsonb(left(f.value #>> '{}', ${mostShown})) ELSE f.value END)
             FILTER (WHERE f.key <> 'environment'), '{}')
        || CASE WHEN bool_or(f.is_long OR f.key = 'environment')
             THEN jsonb_build_object('truncated', jsonb_agg(f.key ORDER BY f.key) FILTER (WHERE f.is_long OR f.key = 'environment'))
             ELSE '{}' END
      FROM (SELECT key, value, CASE WHEN key = 'environment' THEN false ELSE length(value #>> '{}') > ${mostShown} END AS is_long
              FROM jsonb_each(${column})) AS f)
  ELSE ${column} END`;
