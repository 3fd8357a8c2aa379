import type { components } from '#console-api';
import { useSearchParams } from 'wouter';
import { api, body } from '../api/client.ts';
import { useList } from '../api/use-list.ts';
import type { Column } from '../design/DataTable.tsx';
import { EmptyState } from '../design/EmptyState.tsx';
import { List } from '../design/List.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { SelectField, TextField } from '../design/Field.tsx';
import './access.css';

/** What is recorded; the API may know more, which are shown by their codes. */
const ACTIONS = [
  'login',
  'password',
  'api-key.create',
  'api-key.revoke',
  'user.invite',
  'user.change',
  'user.reset',
  'user.sign-out',
  'reading.remove',
  'readings.remove',
  'import.undo',
  'aggregates.repair',
  'request',
] as const;
const OUTCOMES = ['succeeded', 'refused', 'unconfirmed'] as const;

type Entry = components['schemas']['AuditEntry'];

/** Who did what in the last seven days, the newest first. */
export function AuditTrail() {
  const { t } = usePreferences();
  const [parameters, setParameters] = useSearchParams();
  const actor = parameters.get('actor') ?? '';
  const action = ACTIONS.find((each) => each === parameters.get('action'));
  const columns = useColumns();
  const list = useList(['audit', actor, action], (cursor, signal) => {
    const query = {
      limit: 100,
      ...(actor && { actor }),
      ...(action && { action }),
      ...(cursor && { cursor }),
    };
    return body(api.GET('/audit', { params: { query }, signal }));
  });
  const show = (wanted: string, next: string) =>
    setParameters({ ...(wanted && { actor: wanted }), ...(next && { action: next }) });
  return (
    <section className="stack">
      <form
        className="form-row audit-filter"
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = new FormData(event.currentTarget).get('actor');
          show(typeof wanted === 'string' ? wanted.trim() : '', action ?? '');
        }}
      >
        <SelectField
          label={t('audit.action')}
          value={action ?? ''}
          onChange={({ target }) => show(actor, target.value)}
        >
          <option value="">{t('audit.action.all')}</option>
          {ACTIONS.map((each) => (
            <option key={each} value={each}>
              {t(`audit.action.${each}`)}
            </option>
          ))}
        </SelectField>
        <TextField
          label={t('audit.actor')}
          name="actor"
          defaultValue={actor}
          autoCapitalize="none"
        />
        <button type="submit" className="button">
          {t('range.show')}
        </button>
      </form>
      <p className="quiet small">{t('audit.text')}</p>
      <List
        caption={t('access.audit')}
        columns={columns}
        list={list}
        keyOf={({ at, action: did, actor: by, target, outcome }) =>
          [at, did, by, target, outcome].join(' ')
        }
        empty={<EmptyState title={t('audit.empty.title')} text={t('audit.empty.text')} />}
      />
    </section>
  );
}

/** `/api-keys/732VA2` → `732VA2`: what was made is recorded by its address. */
function nameIn(target: string | null): string | undefined {
  return target?.replace(/^\/(api-keys|users)\//, '');
}

function useColumns(): readonly Column<Entry>[] {
  const { t, formats } = usePreferences();
  const actionText = (action: string) => {
    const known = ACTIONS.find((each) => each === action);
    return known ? t(`audit.action.${known}`) : <code>{action}</code>;
  };
  const outcomeText = (outcome: string) => {
    const known = OUTCOMES.find((each) => each === outcome);
    return known ? t(`audit.outcome.${known}`) : <code>{outcome}</code>;
  };
  return [
    {
      id: 'at',
      title: t('equipment.column.time'),
      kind: 'fit',
      isHeading: true,
      show: ({ at }) => formats.instant(Date.parse(at)),
    },
    { id: 'actor', title: t('audit.actor'), show: ({ actor }) => actor },
    { id: 'action', title: t('audit.action'), show: ({ action }) => actionText(action) },
    { id: 'target', title: t('audit.target'), show: ({ target }) => nameIn(target) ?? '–' },
    { id: 'outcome', title: t('audit.outcome'), show: ({ outcome }) => outcomeText(outcome) },
    {
      id: 'count',
      title: t('audit.count'),
      kind: 'number',
      show: ({ count }) => formats.count(count),
    },
    { id: 'address', title: t('audit.address'), show: ({ address }) => address ?? '–' },
  ];
}
