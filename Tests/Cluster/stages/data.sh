# shellcheck shell=bash disable=SC2154
# How Secrets lie in etcd; a copy of each database, what was in it looked at, and one of them put back.
export ETCDCTL="nsenter --net=/run/netns/tollgate-control etcdctl --endpoints=http://127.0.0.1:2379"
does "encryption at rest" make --silent check-encryption
for service in user-service payments-service; do
    tollgate create job "$service-now" --from="cronjob/$service-backup" >/dev/null
    does "backup of $service" tollgate wait --for=condition=complete "job/$service-now" --timeout=120s
    does "verify $service" deploy/verify $service
done
copy=$(tollgate logs job/payments-service-now | sed -n 's#.*are in /backups/\([^ ]*\).*#\1#p')
does "restore" deploy/restore-backup payments-service "$copy"
does "verify after the restore" deploy/verify payments-service
expect "pods that restarted by themselves" \
    "$(tollgate get pods --output 'jsonpath={.items[*].status.containerStatuses[*].restartCount}' | tr ' ' '\n' | grep -cv '^0$')" 0
