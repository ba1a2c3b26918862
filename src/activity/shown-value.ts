/** So many characters of a field are shown of what was written down. */
const mostShown = 1024;
/** Fields that can be longer; what has none of them is shown as it is, which costs nothing. */
const longFields = '{command,description,environment,metadata,settings,old_settings,changes}';

/**
 * An old or new value of the activity log as histories show it, as an SQL expression: a history repeats what was written at each
 * change, so fields that are longer than 1 KiB are cut, and environments, which belong to their task alone, are left out.
 * `truncated` names such fields. An environment, of up to 6 MB, is not even turned into text to be measured. What restores or replays reads the columns as they are.
 * @param column of type jsonb
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
