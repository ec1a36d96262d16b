{{/* Labels that every object gets. */}}
{{- define "tollgate.labels" -}}
app.kubernetes.io/part-of: tollgate
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* The image of a program: (dict "root" $ "name" "gateway"). */}}
{{- define "tollgate.image" -}}
{{- $images := .root.Values.images }}
{{- $digest := get $images.digests .name }}
{{- $images.repository }}/{{ .name }}{{ if $digest }}@{{ $digest }}{{ else }}:{{ $images.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* The settings of all services: those of the base, and over them the values'. */}}
{{- define "tollgate.settings" -}}
{{- $settings := dict }}
{{- range splitList "\n" (.Files.Get "files/base/services/settings.env") }}
{{- if and . (not (hasPrefix "#" .)) }}
{{- $parts := splitn "=" 2 . }}
{{- $_ := set $settings $parts._0 $parts._1 }}
{{- end }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{- $_ := set $settings $name (toString $value) }}
{{- end }}
{{- toYaml $settings }}
{{- end }}

{{/* What SQLite cannot do is refused before anything is sent to the cluster. */}}
{{- define "tollgate.check" -}}
{{- range $name, $values := dict "userService" .Values.userService "paymentsService" .Values.paymentsService }}
{{- if and (eq $.Values.storage.driver "sqlite") (gt (int $values.replicas) 1) }}
{{- fail (printf "%s.replicas is %d: it runs on SQLite, which has one writer; two replicas would be two banks. At most 1." $name (int $values.replicas)) }}
{{- end }}
{{- end }}
{{- if and .Values.gateway.service.externalTrafficPolicy (eq .Values.gateway.service.type "ClusterIP") }}
{{- fail "gateway.service.externalTrafficPolicy is set: a ClusterIP has no traffic from outside" }}
{{- end }}
{{- if gt (int .Values.gateway.autoscaling.minReplicas) (int .Values.gateway.autoscaling.maxReplicas) }}
{{- fail "gateway.autoscaling.minReplicas is above maxReplicas" }}
{{- end }}
{{- end }}

{{/* Whether an object of the base is wanted: "yes" or nothing. */}}
{{- define "tollgate.wanted" -}}
{{- $kind := .object.kind }}
{{- $values := .root.Values }}
{{- if eq $kind "Namespace" }}{{ if $values.namespace.create }}yes{{ end }}
{{- else if eq $kind "PriorityClass" }}{{ if $values.clusterObjects.priorityClasses }}yes{{ end }}
{{- else if hasPrefix "ValidatingAdmission" $kind }}{{ if $values.clusterObjects.admissionPolicies }}yes{{ end }}
{{- else if eq $kind "NetworkPolicy" }}{{ if $values.networkPolicies.enabled }}yes{{ end }}
{{- else if has $kind (list "ResourceQuota" "LimitRange") }}{{ if $values.limits.enabled }}yes{{ end }}
{{- else if $kind }}yes
{{- end }}
{{- end }}

{{/* The admission policies in front of a release: in a namespace that is not the chart's nobody has put the label that the
     base's look for, so they hold where the release is, by name. Each release brings its own. */}}
{{- define "tollgate.guard" -}}
{{- $object := .object }}
{{- $where := .root.Release.Namespace }}
{{- if ne $where "tollgate" }}
{{- $_ := set $object.metadata "name" (printf "%s-%s" $object.metadata.name $where) }}
{{- end }}
{{- if eq $object.kind "ValidatingAdmissionPolicyBinding" }}
{{- $_ := set $object.spec "policyName" $object.metadata.name }}
{{- else if not .root.Values.namespace.create }}
{{- $selector := dict "matchLabels" (dict "kubernetes.io/metadata.name" $where) }}
{{- $_ := set $object.spec.matchConstraints "namespaceSelector" $selector }}
{{- end }}
{{- end }}

{{/* A size of the values in Gi, rounded up. */}}
{{- define "tollgate.gibibytes" -}}
{{- $number := regexFind "^[0-9]+" . | int }}
{{- if hasSuffix "Ti" . }}{{ mul $number 1024 }}{{ else if hasSuffix "Gi" . }}{{ $number }}{{ else }}{{ div (add $number 1023) 1024 }}{{ end }}
{{- end }}

{{/* The namespace's limits are never below what the values ask for: the API server would refuse pods and volumes one by one,
     which no upgrade tells. In a rollout there may be as many old gateways on their way out. */}}
{{- define "tollgate.limits" -}}
{{- $values := .root.Values }}
{{- $size := include "tollgate.gibibytes" $values.storage.size | int }}
{{- if eq .object.kind "ResourceQuota" }}
{{- $hard := .object.spec.hard }}
{{- $pods := add 20 (mul 2 (int $values.gateway.autoscaling.maxReplicas)) }}
{{- if gt (int $pods) (int $hard.pods) }}{{ $_ := set $hard "pods" (toString $pods) }}{{ end }}
{{- /* A gateway requests a tenth of a core. */}}
{{- $cores := add 2 (div $pods 10) }}
{{- if gt (int $cores) (int (index $hard "requests.cpu")) }}{{ $_ := set $hard "requests.cpu" (toString $cores) }}{{ end }}
{{- $storage := add 60 (mul 2 $size) }}
{{- if gt (int $storage) (include "tollgate.gibibytes" (index $hard "requests.storage") | int) }}
{{- $_ := set $hard "requests.storage" (printf "%dGi" $storage) }}
{{- end }}
{{- end }}
{{- if eq .object.kind "LimitRange" }}
{{- range .object.spec.limits }}
{{- if and (eq .type "PersistentVolumeClaim") (gt $size (include "tollgate.gibibytes" .max.storage | int)) }}
{{- $_ := set .max "storage" $values.storage.size }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Changes an object of the base in place to what the values say. */}}
{{- define "tollgate.adapt" -}}
{{- $root := .root }}
{{- $object := .object }}
{{- $values := $root.Values }}
{{- $name := $object.metadata.name }}
{{- $labels := include "tollgate.labels" $root | fromYaml }}
{{- $_ := set $object.metadata "labels" (merge ($object.metadata.labels | default dict) $labels) }}
{{- $clusterWide := or (has $object.kind (list "Namespace" "PriorityClass")) (hasPrefix "ValidatingAdmission" $object.kind) }}
{{- if not $clusterWide }}
{{- $_ := set $object.metadata "namespace" $root.Release.Namespace }}
{{- end }}
{{- if hasPrefix "ValidatingAdmission" $object.kind }}
{{- include "tollgate.guard" (dict "root" $root "object" $object) }}
{{- end }}
{{- if has $object.kind (list "ResourceQuota" "LimitRange") }}
{{- include "tollgate.limits" (dict "root" $root "object" $object) }}
{{- end }}
{{- if eq $object.kind "Namespace" }}
{{- $_ := set $object.metadata "name" $root.Release.Namespace }}
{{- /* With it everything would go that is in it, databases and keys too. */}}
{{- $_ := set $object.metadata "annotations" (dict "helm.sh/resource-policy" "keep") }}
{{- end }}
{{- $component := get (dict "gateway" $values.gateway "user-service" $values.userService "payments-service" $values.paymentsService) $name }}
{{- if has $object.kind (list "Deployment" "StatefulSet") }}
{{- $template := $object.spec.template }}
{{- $_ := set $template.metadata.labels "app.kubernetes.io/part-of" "tollgate" }}
{{- $settings := include "tollgate.settings" $root }}
{{- $_ := set $template.metadata "annotations" (dict "checksum/settings" (sha256sum $settings)) }}
{{- with $values.images.pullSecrets }}
{{- $secrets := list }}
{{- range . }}{{ $secrets = append $secrets (dict "name" .) }}{{ end }}
{{- $_ := set $template.spec "imagePullSecrets" $secrets }}
{{- end }}
{{- $container := first $template.spec.containers }}
{{- $_ := set $container "image" (include "tollgate.image" (dict "root" $root "name" $name)) }}
{{- $_ := set $container "imagePullPolicy" $values.images.pullPolicy }}
{{- with $component.resources }}{{ $_ := set $container "resources" . }}{{ end }}
{{- end }}
{{- if and (eq $object.kind "StatefulSet") (eq $name "payments-service") $values.webhooks.enabled }}
{{- $egress := $root.Files.Get "files/webhooks/envoy.yaml" }}
{{- $sidecar := ($root.Files.Get "files/webhooks/sidecar.yaml" | fromYaml).spec.template.spec }}
{{- $pod := $object.spec.template.spec }}
{{- $container := first $pod.containers }}
{{- $_ := set $object.spec.template.metadata.annotations "checksum/webhooks" (sha256sum $egress) }}
{{- $_ := set $pod "initContainers" (concat $sidecar.initContainers ($pod.initContainers | default list)) }}
{{- $_ := set $pod "volumes" (concat $sidecar.volumes $pod.volumes) }}
{{- $_ := set $container "env" (concat (first $sidecar.containers).env $container.env) }}
{{- end }}
{{- if eq $object.kind "StatefulSet" }}
{{- $_ := set $object.spec "replicas" (int $component.replicas) }}
{{- $_ := set (first $object.spec.volumeClaimTemplates).metadata "labels" (dict "app.kubernetes.io/part-of" "tollgate") }}
{{- $claim := (first $object.spec.volumeClaimTemplates).spec }}
{{- $_ := set $claim.resources.requests "storage" $values.storage.size }}
{{- with $values.storage.className }}{{ $_ := set $claim "storageClassName" . }}{{ end }}
{{- end }}
{{- if eq $object.kind "HorizontalPodAutoscaler" }}
{{- $_ := set $object.spec "minReplicas" (int $values.gateway.autoscaling.minReplicas) }}
{{- $_ := set $object.spec "maxReplicas" (int $values.gateway.autoscaling.maxReplicas) }}
{{- $target := (first $object.spec.metrics).containerResource.target }}
{{- $_ := set $target "averageUtilization" (int $values.gateway.autoscaling.targetCPU) }}
{{- end }}
{{- if and (eq $object.kind "Service") (eq $name "gateway") }}
{{- if ne $values.gateway.service.type "ClusterIP" }}{{ $_ := set $object.spec "type" $values.gateway.service.type }}{{ end }}
{{- with $values.gateway.service.nodePort }}{{ $_ := set (first $object.spec.ports) "nodePort" (int .) }}{{ end }}
{{- with $values.gateway.service.externalTrafficPolicy }}{{ $_ := set $object.spec "externalTrafficPolicy" . }}{{ end }}
{{- with $values.gateway.service.annotations }}{{ $_ := set $object.metadata "annotations" . }}{{ end }}
{{- end }}
{{- end }}
