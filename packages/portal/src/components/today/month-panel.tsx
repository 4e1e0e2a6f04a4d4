import { useQuery } from '@tanstack/react-query';
import { useUser } from '../../api/session.ts';
import { thisMonth, usageQuery } from '../../api/usage-queries.ts';
import { paths } from '../../paths.ts';
import { Link } from '../../ui/link.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Panel } from '../../ui/panel.tsx';
import { words } from '../../words/words.ts';
import { Sums } from '../usage/sums.tsx';

/** What one's own jobs and clusters have cost this month. */
export function MonthPanel() {
  const text = words.today;
  const { id } = useUser();
  const query = useQuery(usageQuery({ ...thisMonth(), by: 'day', owner: id }));
  return (
    <Panel title={text.month}>
      <Loaded query={query}>
        {({ total }) =>
          total.coreHours === 0 && !total.isOngoing ? (
            <p className="muted">{text.none.month}</p>
          ) : (
            <Sums sums={total} />
          )
        }
      </Loaded>
      <Link to={paths.usage()}>{words.usage.title}</Link>
    </Panel>
  );
}
