{{/* What a Secret in the cluster has under a key: nothing where there is no such Secret, or where nobody looks. One that is
     there without the key is somebody's to mend: it is not written over. */}}
{{- define "tollgate.kept" -}}
{{- with lookup "v1" "Secret" .root.Release.Namespace .name }}
{{- $value := get (.data | default dict) $.key | b64dec }}
{{- if not $value }}{{ fail (printf "the Secret %s has no %s" $.name $.key) }}{{ end }}
{{- $value }}
{{- end }}
{{- end }}

{{/* 256 random bits in base64url, the form of `tollgate keys init`. */}}
{{- define "tollgate.token" -}}
{{- randBytes 32 | replace "+" "-" | replace "/" "_" | trimSuffix "=" }}
{{- end }}

{{/* The public half of a P-256 key in PEM. There is no function for it: a certificate has it, between 26 bytes that every
     such key begins with (RFC 5480: id-ecPublicKey, prime256v1) and 65 bytes of its point. */}}
{{- define "tollgate.public" -}}
{{- $certificate := genSelfSignedCertWithKey "tollgate" nil nil 1 . }}
{{- $der := regexReplaceAll "-----[A-Z ]+-----|\\s" $certificate.Cert "" | b64dec }}
{{- $head := b64dec "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA=" }}
{{- $key := print $head (index (splitList $head $der) 1 | substr 0 65) | b64enc -}}
-----BEGIN PUBLIC KEY-----
{{ substr 0 64 $key }}
{{ substr 64 124 $key }}
-----END PUBLIC KEY-----
{{ end }}
