import type { components } from '#console-api';
import { useSearchParams } from 'wouter';
import { api, body } from '../api/client.ts';
import { useList } from '../api/use-list.ts';
import type { Column } from '../design/DataTable.tsx';
import { EmptyState } from '../design/EmptyState.tsx';
import { List } from '../design/List.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { TextField } from '../design/Field.tsx';

type Entry = components['schemas']['AuditEntry'];

/** Who did what in the last seven days, the newest first. */
export function AuditTrail() {
  const { t } = usePreferences();
  const [parameters, setParameters] = useSearchParams();
  const actor = parameters.get('actor') ?? '';
  const columns = useColumns();
  const list = useList(['audit', actor], (cursor, signal) => {
    const query = { limit: 100, ...(actor && { actor }), ...(cursor && { cursor }) };
    return body(api.GET('/audit', { params: { query }, signal }));
  });
  return (
    <section className="stack">
      <form
        className="form-row"
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = new FormData(event.currentTarget).get('actor');
          setParameters(typeof wanted === 'string' && wanted !== '' ? { actor: wanted } : {});
        }}
      >
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
      <List
        caption={t('access.audit')}
        columns={columns}
        list={list}
        keyOf={({ at, action, actor: by, target, outcome }) =>
          [at, action, by, target, outcome].join(' ')
        }
        empty={<EmptyState title={t('audit.empty.title')} text={t('audit.empty.text')} />}
      />
    </section>
  );
}

function useColumns(): readonly Column<Entry>[] {
  const { t, formats } = usePreferences();
  return [
    {
      id: 'at',
      title: t('equipment.column.time'),
      kind: 'fit',
      isHeading: true,
      show: ({ at }) => formats.instant(Date.parse(at)),
    },
    { id: 'actor', title: t('audit.actor'), show: ({ actor }) => actor },
    { id: 'action', title: t('audit.action'), show: ({ action }) => <code>{action}</code> },
    { id: 'target', title: t('audit.target'), show: ({ target }) => target ?? '–' },
    { id: 'outcome', title: t('audit.outcome'), show: ({ outcome }) => outcome },
    {
      id: 'count',
      title: t('audit.count'),
      kind: 'number',
      show: ({ count }) => formats.count(count),
    },
    { id: 'address', title: t('audit.address'), show: ({ address }) => address ?? '–' },
  ];
}
