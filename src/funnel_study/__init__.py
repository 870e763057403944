"""The study that compares parameterizations: what the workflow runs.

Data flows one way through the packages: study, fitting, diagnosis, analysis, figures, report. No
package imports a later one.
"""
